"""Import a file of diaries kept elsewhere, as a whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from tracker.models import Clinic, DiaryImport, Episode
from tracker.services import audit
from tracker.services.context import Actor, Context
from tracker.services.errors import ServiceError
from tracker.services.evaluation import checkpoints
from tracker.services.evaluation.evaluate import evaluate_episode
from tracker.services.imports import rows
from tracker.services.imports.diary_file import Options, ParsedFile, read
from tracker.services.imports.people import Person, people_of
from tracker.services.imports.problems import Problem
from tracker.services.imports.target import Target

#: called with the stage of the import, how much of it is done, and the total
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Imported:
    """The parsed file and what was stored of it."""

    parsed_file: ParsedFile
    problems: list[Problem] = field(default_factory=list)
    patients: int = 0
    patients_created: int = 0
    created: int = 0
    revised: int = 0
    unchanged: int = 0
    import_id: int | None = None
    #: (rule, priority, state) of the flags that the file opened
    flags: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def rejected_lines(self) -> int:
        return len({problem.line for problem in self.problems if problem.is_rejection})


class LinesRejected(ServiceError):
    """With --strict, one rejected line stops it."""

    code = "lines_rejected"

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


def import_diary(
    context: Context[Actor],
    *,
    content: bytes,
    file_name: str,
    target: Target,
    options: Options,
    is_strict: bool = False,
    is_dry_run: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> Imported:
    """Import the file; importing the same file again changes nothing.

    The flags found are retrospective: they are on the worklist and not escalated. Raises
    UnusableFile, UnusableOption, and LinesRejected if strict.
    """
    parsed_file = read(content, options)
    result = Imported(parsed_file, problems=list(parsed_file.problems))
    with transaction.atomic():
        # Two imports of one file: the second finds what the first has stored.
        Clinic.objects.select_for_update(no_key=True).get(pk=target.clinic.pk)
        people = _decided(result, target, at=context.at, progress=progress)
        result.problems.sort(key=lambda problem: problem.line)
        if is_strict and result.rejected_lines:
            raise LinesRejected(result)
        if people:
            _catch_up(people, at=context.at)
            provenance = _provenance(result, target, file_name, options, at=context.at)
            _store(context, result, people, provenance, progress=progress)
            _evaluate(result, people, at=context.at, progress=progress)
        if is_dry_run:
            transaction.set_rollback(True)
    return result


def _decided(result: Imported, target: Target, *, at: datetime, progress: Progress) -> list[Person]:
    """Return the people of whom the file has something that is not stored yet."""
    people = people_of(
        result.parsed_file.days,
        clinic=target.clinic,
        care_team=target.care_team,
        time_zone=target.time_zone,
    )
    changed = []
    compared, total = 0, len(result.parsed_file.days)
    for person in people:
        refused = list(person.decide(sites=result.parsed_file.sites_taken, at=at))
        result.problems.extend(refused)
        revised = sum(change.number > 1 for change in person.changes)
        result.patients += 1
        result.revised += revised
        result.created += len(person.changes) - revised
        result.unchanged += len(person.lines) - len(refused) - len(person.changes)
        if person.changes:
            changed.append(person)
        compared += len(person.lines)
        progress("Comparing", compared, total)
    result.patients_created = sum(person.is_new for person in changed)
    return changed


def _catch_up(people: list[Person], *, at: datetime) -> None:
    """Close what was due of an enrolled patient before the import: those flags are escalated."""
    known = [person.patient.pk for person in people if not person.is_new]
    live = Episode.objects.current().filter(patient_id__in=known, next_close_at__lte=at)
    for episode_id in live.order_by("pk").values_list("pk", flat=True):
        evaluate_episode(episode_id=episode_id, at=at)


def _provenance(
    result: Imported, target: Target, file_name: str, options: Options, *, at: datetime
) -> DiaryImport:
    provenance = DiaryImport.objects.create(
        clinic=target.clinic,
        sha256=result.parsed_file.sha256,
        file_name=file_name[-200:],
        options=options.as_json()
        | {"sites": sorted(result.parsed_file.sites_taken), "time_zone": target.time_zone},
        imported_at=at,
        rows=result.parsed_file.lines,
        rejected=result.rejected_lines,
        created=result.created,
        revised=result.revised,
    )
    result.import_id = provenance.pk
    return provenance


def _store(
    context: Context[Actor],
    result: Imported,
    people: list[Person],
    provenance: DiaryImport,
    *,
    progress: Progress,
) -> None:
    rows.store_people(people)
    for person in people:
        rows.begin_earlier(person)
    total = result.created + result.revised
    for done in rows.store_changes(people, provenance, at=context.at):
        progress("Storing", done, total)
    patients = (person.patient for person in people)
    audit.record_each(context, "diary.import", patients, subject_id=provenance.pk)


def _evaluate(result: Imported, people: list[Person], *, at: datetime, progress: Progress) -> None:
    """Run the rules once for each person, in the order in which everybody locks episodes."""
    patients = [person.patient.pk for person in people]
    current = Episode.objects.current().filter(patient_id__in=patients)
    # A day that closes meanwhile would leave a checkpoint that holds nothing of the file.
    episodes = list(current.select_for_update().order_by("pk"))
    for done, episode in enumerate(episodes, start=1):
        checkpoints.delete_all(episode.pk)
        found = evaluate_episode(
            episode_id=episode.pk,
            at=at,
            retrospective=True,
            # An imported diary has ended; an enrolled patient is expected to go on logging.
            judge_silence=episode.next_close_at is not None,
        )
        result.flags.update((flag.rule, flag.priority, flag.state) for flag in found.opened)
        progress("Applying the rules", done, len(episodes))
