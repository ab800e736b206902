from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.tracker.services.evaluation.whole_replay")
