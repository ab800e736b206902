"""Episodes of conservative care."""

from __future__ import annotations

from tests.tracker.console.console_client import post
from tracker.models import (
    Episode,
)


def test_an_episode_is_ended_begun_changed_and_excused(clinics, nora):
    url = f"/console/patients/{clinics.bob.id}"
    post(nora, f"{url}/episode/end/", ended_date="2026-03-29")
    post(nora, f"{url}/episode/", index_date="2026-03-30", conservative_min_days="42")
    post(nora, f"{url}/episode/", index_date="2026-03-28", conservative_min_days="56")
    post(nora, f"{url}/excuse/", from_date="2026-03-28", until_date="2026-03-29", reason="Travel")

    episode = Episode.objects.current().get(patient=clinics.bob)
    assert (str(episode.index_date), episode.conservative_min_days) == ("2026-03-28", 56)
    assert episode.excused_periods.get().reason == "Travel"


def test_an_onset_after_the_first_day_of_care_is_refused(clinics, nora):
    answer = post(
        nora,
        f"/console/patients/{clinics.bob.id}/episode/",
        index_date="2026-03-02",
        onset_date="2026-03-09",
        conservative_min_days="42",
    )

    assert answer.status_code == 422
    assert "The onset must not be after the first day of care" in answer.content.decode()
