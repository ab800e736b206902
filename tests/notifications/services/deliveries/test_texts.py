from __future__ import annotations

import re

import pytest

from notifications.kinds import BUNDLE_TEXTS, BundleText, Kind
from notifications.services.deliveries.texts import TEMPLATES, render, render_bundle

LANGUAGES = sorted(path.name for path in TEMPLATES.iterdir())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_text_in_every_language(kind, language):
    text = render(kind, language=language, link="/here")

    assert (TEMPLATES / language / f"{kind}.txt").exists()
    assert text.subject.startswith("Lumbar: ")
    assert "\n" not in text.subject
    assert "/here" in text.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", BUNDLE_TEXTS)
def test_every_family_has_a_text_for_several_in_every_language(kind, language):
    text = render_bundle(kind, count=300, language=language, link="/here")

    assert (TEMPLATES / language / f"{BUNDLE_TEXTS[kind]}.txt").exists()
    assert text.subject.startswith("Lumbar: ")
    assert "300" in text.subject
    assert "300" in text.body
    assert "/here" in text.body


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.txt")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_a_text_is_filled_with_a_link_a_count_or_a_code_only(path):
    takes = {"$link"}
    takes |= {"$count"} if path.stem in list(BundleText) else set()
    takes |= {"$code"} if path.stem == Kind.VERIFICATION else set()

    assert set(re.findall(r"\$\w+|\$\{.*?\}", path.read_text())) == takes


@pytest.mark.parametrize(
    ("language", "begin"),
    [("de-AT", "Dies"), ("ES", "Esto"), ("fi", "This"), ("", "This"), ("../../etc", "This")],
)
def test_an_unknown_language_falls_back_to_english(language, begin):
    assert render(Kind.TEST, language=language, link="/").body.startswith(begin)


def test_a_link_keeps_its_one_time_secret(settings):
    settings.PUBLIC_URL = "https://lumbar.example.org"

    text = render(Kind.INVITATION, language="en", link="/join/?token=a&b=$c%20")

    assert "https://lumbar.example.org/join/?token=a&b=$c%20\n" in text.body
