# Everything runs in .venv/, which `make setup` makes from nothing but Python and pip.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
PYTEST := $(BIN)/pytest
WORKERS ?= 2
export PYTHONUNBUFFERED := 1
# Many processes are started here; each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# As pip does, trust whom the machine trusts, if it says so.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo test check coverage mutants bench faults seeded browser peers lock fix

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/stamp ## Make .venv/ with everything in it (PYTHON=python3.13 chooses the interpreter)

# A changed lock installs again; nothing is installed whose hash is not in the lock.
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

demo: setup ## Run a whole clinic with 24 invented patients (PORT=8000)
	@$(BIN)/python manage.py demo $(ARGS)

test: setup ## Run all tests, on servers of their own
	@$(PYTEST) --numprocesses $(WORKERS) $(ARGS)

check: setup ## Lint, types, imports, migrations, settings, templates
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@LUMBAR_MODE=development $(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING
	@$(BIN)/python manage.py check_templates
	@.ci/production $(BIN)/python manage.py check --deploy --fail-level WARNING

# By tests that say what they mean, not by chance.
coverage: setup ## Hold every branch of the rules to be tried by their own tests
	@$(PYTEST) --quiet tests/tracker/rules --ignore-glob='*_properties.py' \
		--ignore=tests/tracker/rules/engine/test_reference_implementation.py --cov=tracker.rules --cov-branch \
		--cov-report=term-missing:skip-covered --cov-fail-under=100

mutants: setup ## Change the rules in thousands of places: does a test notice?
	@$(BIN)/python .ci/mutants.py run --max-children $(WORKERS) $(ARGS)

faults: setup ## Kill and cut off what can be killed, and count what was lost
	@SERVERS=own $(PYTEST) tests/faults --numprocesses $(WORKERS) --maxschedchunk 1 $(ARGS)

seeded: setup ## Plant bugs in copies of the tree: each must make its test fail
	@$(BIN)/python -m tests.seeded --workers $(WORKERS) $(ARGS)

bench: setup ## Measure
	@$(PYTEST) tests/performance $(ARGS)

lock: setup ## Compile requirements*.txt from pyproject.toml anew
	@.ci/lock

fix: setup ## Format, and mend what the linter can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

browser: setup ## Install what the browser tests need (as root, Debian)
	@.ci/browser

peers: ## Install the servers by other people that the channels' tests talk to (needs npm)
	@.ci/peers
