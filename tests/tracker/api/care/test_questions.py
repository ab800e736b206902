from __future__ import annotations


def test_only_questions_that_a_rule_reads_are_asked(alice, clinics):
    asked = {each["id"] for each in alice.get("red-flag-questions").json()["questions"]}
    assert "saddle_numbness" in asked
    assert "sudden_severe_pain" not in asked

    clinics.alice.conditions = ["known_aortic_aneurysm"]
    clinics.alice.save()

    asked = {each["id"] for each in alice.get("red-flag-questions").json()["questions"]}
    assert "sudden_severe_pain" in asked


def test_the_scales_have_a_text_for_each_level(alice):
    scales = {each["field"]: each for each in alice.get("scales").json()["scales"]}

    assert [level["value"] for level in scales["standing"]["levels"]] == [0, 1, 2, 3, 4, 5]
    assert len(scales["sleep"]["levels"]) == 5
    assert scales["pain_average"]["levels"] == []
