# Everything runs in .venv/, which `make setup` creates with Python and pip.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/pytest
WORKERS ?= 2
export PYTHONUNBUFFERED := 1
# Without bytecode files each process would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# Trust the machine's certificate authorities, as pip does.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check docs coverage mutants bench faults seeded browser peers lock fix

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/stamp ## Create .venv/ with all packages (PYTHON=python3.13 chooses the interpreter)

# Installs again when a lock changes, and only packages whose hash is in the lock.
.venv/stamp: requirements-dev.txt requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Lumbar needs Python 3.11 or newer: make setup PYTHON=/path/to/python3.11' >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ echo 'Python has no venv: install it (Debian: apt-get install python3-venv).' >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@# uv does not read pip's configuration: where a mirror is set only there, pip takes longer.
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements-dev.txt || \
		$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

demo: setup ## Run a demo clinic with 24 invented patients (PORT=8000)
	@$(BIN)/python manage.py demo $(ARGS)

run: setup ## Run the product while you change it; the web server reloads (PORT=8000)
	@$(BIN)/python -m development

test: setup ## Run all tests, on their own servers
	@$(PYTEST) --numprocesses $(WORKERS) $(ARGS)

check: setup ## Check style, types, imports, migrations, settings, templates and documentation links
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@LUMBAR_MODE=development $(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING
	@$(BIN)/python manage.py check_templates
	@.ci/production $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(MAKE) --no-print-directory docs

docs: setup ## Build the documentation site; a broken link or anchor fails
	@$(BIN)/zensical build --strict

# Without property tests, which cover branches by chance.
coverage: setup ## Check that their unit tests cover every branch of the rules
	@$(PYTEST) --quiet tests/tracker/rules --ignore-glob='*_properties.py' \
		--ignore=tests/tracker/rules/engine/test_reference_implementation.py --cov=tracker.rules --cov-branch \
		--cov-report=term-missing:skip-covered --cov-fail-under=100

mutants: setup ## Run mutation tests of the rules
	@$(BIN)/python .ci/mutants.py run --max-children $(WORKERS) $(ARGS)

faults: setup ## Run the fault tests, which kill processes and servers
	@SERVERS=own $(PYTEST) tests/faults --numprocesses $(WORKERS) --maxschedchunk 1 $(ARGS)

seeded: setup ## Check that each seeded bug makes its tests fail
	@$(BIN)/python -m tests.seeded --workers $(WORKERS) $(ARGS)

bench: setup ## Run the benchmarks
	@$(PYTEST) tests/performance $(ARGS)

lock: setup ## Compile requirements*.txt from pyproject.toml
	@.ci/lock

fix: setup ## Format, and apply the linter's fixes
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

browser: setup ## Install what the browser tests need (as root, Debian)
	@.ci/browser

peers: ## Install the servers that the channels' tests call (needs npm)
	@.ci/peers
