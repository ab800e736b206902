from __future__ import annotations

import re
from pathlib import Path

from tracker.api import problems
from tracker.services.errors import ServiceError
from tracker.services.people import enrolment, invitations

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()


def test_every_code_of_a_refusal_is_on_the_page_of_the_api():
    """Those of the door itself, and those of the services that only patients call."""
    sources = Path(problems.__file__).parent.glob("*.py")
    raised = {
        code
        for source in sources
        for code in re.findall(r'Problem\(\s*\d{3}, "(\w+)"', source.read_text())
    }
    services = {
        each.code
        for each in ServiceError.__subclasses__()
        if each.__module__ in {enrolment.__name__, invitations.__name__}
    }

    assert {code for code, _ in problems.OF_STATUS.values()} | raised | services <= set(
        re.findall(r"`(\w+)`", PAGE)
    )
