from __future__ import annotations

from datetime import date

import pytest

from tracker.services.imports.columns import parsed
from tracker.services.imports.diary_file import Options, ParsedFile, read
from tracker.services.imports.problems import Code, UnusableFile, UnusableOption
from tracker.services.imports.same_day import SameDay

ALL = "patient,date,pain,worst,stand,walk,sleep,activity,note"
ALL_COLUMNS = {
    "pain_worst": "worst",
    "standing": "stand",
    "walking": "walk",
    "sleep": "sleep",
    "activity": "activity",
    "note": "note",
}


def read_text(text: str, **options: object) -> ParsedFile:
    return read(text.encode(), Options(**options))


def read_line(line: str, **options: object) -> ParsedFile:
    """One line under a header with every field, beside a good one."""
    good = "good,2026-01-05,4,,,,,,"
    return read_text(f"{ALL}\n{line}\n{good}\n", columns=ALL_COLUMNS, **options)


def verdicts(parsed_file: ParsedFile) -> list[tuple[int, str, str]]:
    return [(each.line, each.column, each.code) for each in parsed_file.problems]


# Lines


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        pytest.param("p,2026-01-05,11,,,,,,", "pain", Code.OUT_OF_RANGE, id="pain above 10"),
        pytest.param("p,2026-01-05,-1,,,,,,", "pain", Code.OUT_OF_RANGE, id="pain below 0"),
        pytest.param("p,2026-01-05,10.01,,,,,,", "pain", Code.OUT_OF_RANGE, id="just above 10"),
        pytest.param("p,2026-01-05,-0.01,,,,,,", "pain", Code.OUT_OF_RANGE, id="just below 0"),
        pytest.param("p,2026-01-05,,11,,,,,", "worst", Code.OUT_OF_RANGE, id="worst above 10"),
        pytest.param("p,2026-01-05,4,,6,,,,", "stand", Code.OUT_OF_RANGE, id="standing above 5"),
        pytest.param("p,2026-01-05,4,,,6,,,", "walk", Code.OUT_OF_RANGE, id="walking above 5"),
        pytest.param("p,2026-01-05,4,,,,5,,", "sleep", Code.OUT_OF_RANGE, id="sleep above 4"),
        pytest.param("p,2026-01-05,4,,,,,5,", "activity", Code.OUT_OF_RANGE, id="activity above 4"),
        pytest.param("p,2026-01-05,6.75,,,,,,", "pain", Code.NOT_WHOLE, id="not whole"),
        pytest.param("p,2026-01-05,4,,2.5,,,,", "stand", Code.NOT_WHOLE, id="level not whole"),
        pytest.param("p,2026-01-05,bad,,,,,,", "pain", Code.NOT_A_NUMBER, id="a word"),
        pytest.param("p,2026-01-05,NaN,,,,,,", "pain", Code.NOT_A_NUMBER, id="NaN"),
        pytest.param("p,2026-01-05,1e1,,,,,,", "pain", Code.NOT_A_NUMBER, id="with an exponent"),
        pytest.param('p,2026-01-05,"6,75",,,,,,', "pain", Code.NOT_A_NUMBER, id="decimal comma"),
        pytest.param("p,2026-01-05,٣,,,,,,", "pain", Code.NOT_A_NUMBER, id="other digits"),
        pytest.param("p,2026-01-05,NA,,,,,,", "pain", Code.NOT_A_NUMBER, id="NA, unannounced"),
        pytest.param("p,2026-02-29,4,,,,,,", "date", Code.BAD_DATE, id="29 February 2026"),
        pytest.param("p,05/01/2026,4,,,,,,", "date", Code.BAD_DATE, id="another order"),
        pytest.param("p,2026-1-5,4,,,,,,", "date", Code.BAD_DATE, id="without zeros"),
        pytest.param("p,20260105,4,,,,,,", "date", Code.BAD_DATE, id="without hyphens"),
        pytest.param("p,2026-01-05T09:00,4,,,,,,", "date", Code.BAD_DATE, id="with a time"),
        pytest.param("p,1989-12-31,4,,,,,,", "date", Code.DATE_TOO_OLD, id="before 1990"),
        pytest.param("p,,4,,,,,,", "date", Code.NO_DATE, id="no date"),
        pytest.param(",2026-01-05,4,,,,,,", "patient", Code.NO_PATIENT, id="no patient"),
        pytest.param("  ,2026-01-05,4,,,,,,", "patient", Code.NO_PATIENT, id="blank patient"),
        pytest.param("p" * 121 + ",2026-01-05,4,,,,,,", "patient", Code.TOO_LONG, id="long name"),
        pytest.param("p\x00,2026-01-05,4,,,,,,", "patient", Code.UNPRINTABLE, id="a null byte"),
        pytest.param("p,2026-01-05,4,,,,,,\x1b[2J", "note", Code.UNPRINTABLE, id="an escape"),
        pytest.param("p,2026-01-05,4,,,,,," + "n" * 2001, "note", Code.TOO_LONG, id="long note"),
        pytest.param("p,2026-01-05,4", "", Code.RAGGED_LINE, id="too few cells"),
        pytest.param("p,2026-01-05,4,,,,,,,", "", Code.RAGGED_LINE, id="too many cells"),
    ],
)
def test_rejects_a_line_and_names_line_column_and_reason(line, column, code):
    parsed_file = read_line(line)

    assert verdicts(parsed_file) == [(2, column, code)]
    assert [each.patient for each in parsed_file.days] == ["good"]
    assert all(each.is_rejection for each in parsed_file.problems)


def test_names_every_wrong_cell_of_a_line():
    parsed_file = read_line("p,yesterday,11,,,,9,,")

    assert verdicts(parsed_file) == [
        (2, "date", Code.BAD_DATE),
        (2, "pain", Code.OUT_OF_RANGE),
        (2, "sleep", Code.OUT_OF_RANGE),
    ]


@pytest.mark.parametrize(
    ("cell", "score"),
    [("0", 0), ("0.0", 0), ("10", 10), ("10.00", 10), ("7.0", 7), (" 7 ", 7), ("+3", 3), ("-0", 0)],
)
def test_zero_is_a_value_and_a_whole_number_may_have_decimals(cell, score):
    (entry, _) = sorted(read_line(f"a,2026-01-05,{cell},,,,,,").days, key=lambda d: d.patient)

    assert entry.scores == {"pain_average": score}
    assert entry.originals == {}


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ("6.49", 6),
        ("6.5", 7),
        ("6.75", 7),
        ("0.5", 1),
        ("0.49", 0),
        ("2.5", 3),
        ("9.99", 10),
        ("6.3499999999999996", 6),
    ],
)
def test_rounds_half_up_with_the_option_and_keeps_the_files_text(cell, score):
    parsed_file = read_line(f"a,2026-01-05,{cell},,,,,,", rounding="half-up")

    assert parsed_file.problems == []
    assert parsed_file.days[0].scores == {"pain_average": score}
    assert parsed_file.days[0].originals == {"pain_average": cell}


def test_takes_every_field_that_is_mapped():
    entry = read_line("a,2026-01-05,5,8,1,0,2,3,shoveled snow").days[0]

    assert (entry.patient, entry.date, entry.note) == ("a", date(2026, 1, 5), "shoveled snow")
    assert entry.scores == {
        "pain_average": 5,
        "pain_worst": 8,
        "standing": 1,
        "walking": 0,
        "sleep": 2,
        "activity": 3,
    }


def test_reads_no_optional_score_without_its_option():
    """A column that happens to be called activity may be on any scale."""
    text = "patient,date,pain,activity\np,2026-01-05,4,3\n"

    assert read_text(text).days[0].scores == {"pain_average": 4}


def test_sets_aside_a_line_on_which_nothing_was_logged():
    parsed_file = read_line("p,2026-01-05,,,,,,,")

    assert verdicts(parsed_file) == [(2, "", Code.NOTHING_LOGGED)]
    assert not parsed_file.problems[0].is_rejection


def test_reads_a_text_as_not_asked_with_the_option():
    parsed_file = read_line("a,2026-01-05,NA,,1,,,,", missing=("NA",))

    assert parsed_file.days[0].scores == {"standing": 1}


def test_reads_dates_in_the_given_format():
    parsed_file = read_line("a,31/12/2025,4,,,,,,", date_format="%d/%m/%Y")

    assert parsed_file.days[0].date == date(2025, 12, 31)
    assert verdicts(parsed_file) == [(3, "date", Code.BAD_DATE)]


def test_counts_the_lines_of_the_file_also_where_a_note_has_several():
    text = f'{ALL}\na,2026-01-05,4,,,,,,"two\nlines"\n\nb,2026-01-05,11,,,,,,\n'

    assert verdicts(read_text(text, columns=ALL_COLUMNS)) == [(5, "pain", Code.OUT_OF_RANGE)]


# Several lines a day

TWICE = """patient,date,pain
p,2026-01-05,3
p,2026-01-05,6.5
p,2026-01-05,6.4
q,2026-01-05,1
"""


def test_rejects_all_lines_of_a_day_that_has_several():
    parsed_file = read_text(TWICE, rounding="half-up")

    assert verdicts(parsed_file) == [(line, "", Code.SAME_DAY) for line in (2, 3, 4)]
    assert "Lines 2, 3, 4" in parsed_file.problems[0].message
    assert [each.patient for each in parsed_file.days] == ["q"]


@pytest.mark.parametrize(
    ("policy", "line", "score"), [(SameDay.MAX, 3, 7), (SameDay.LAST, 4, 6)], ids=str
)
def test_takes_one_line_of_a_day_with_the_option(policy, line, score):
    parsed_file = read_text(TWICE, rounding="half-up", same_day=policy)

    assert [(each.number, each.scores["pain_average"]) for each in parsed_file.days] == [
        (line, score),
        (5, 1),
    ]
    assert {each.code for each in parsed_file.problems} == {Code.SUPERSEDED}
    assert not any(each.is_rejection for each in parsed_file.problems)


def test_a_rejected_line_makes_its_day_no_less_ambiguous():
    parsed_file = read_text("patient,date,pain\np,2026-01-05,3\np,2026-01-05,11\n")

    assert verdicts(parsed_file) == [(3, "pain", Code.OUT_OF_RANGE), (2, "", Code.SAME_DAY)]


def test_an_empty_line_for_a_day_leaves_the_other_alone():
    parsed_file = read_text("patient,date,pain\np,2026-01-05,3\np,2026-01-05,\n")

    assert [each.number for each in parsed_file.days] == [2]


# Sites

SITES = """patient,date,pain,site
p,2026-01-05,3,Knee
p,2026-01-05,5,Low back
p,2026-01-06,11,Knee
p,2026-01-06,4, low BACK
"""


def test_reads_the_lines_of_a_site_and_ignores_all_others():
    parsed_file = read_text(SITES, sites=("Low back",))

    assert [each.number for each in parsed_file.days] == [3, 5]
    assert (parsed_file.problems, parsed_file.other_site, parsed_file.lines) == ([], 2, 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, r"several sites: 'Knee' \(2\)", id="a knee is no back"),
        pytest.param({"sites": ("Hip",)}, "no line has it.*'Knee'", id="no such site"),
        pytest.param(
            {"sites": ("Knee",), "columns": {"site": ""}}, "needs a column", id="no site column"
        ),
    ],
)
def test_requires_a_choice_between_sites(options, message):
    with pytest.raises(UnusableOption, match=message):
        read_text(SITES, **options)


def test_needs_no_choice_where_all_lines_have_one_site():
    parsed_file = read_text("patient,date,pain,site\np,2026-01-05,3,back\nq,2026-01-05,3,back\n")

    assert len(parsed_file.days) == 2


# Columns and files


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["pain"], "expected FIELD=COLUMN"),
        (["mood=happiness"], "expected FIELD=COLUMN"),
        (["pain=a", "pain=b"], "given twice"),
    ],
)
def test_refuses_an_invalid_mapping(options, message):
    with pytest.raises(UnusableOption, match=message):
        parsed(options)


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        pytest.param(b"", {}, "empty_file", id="empty"),
        pytest.param(b"\n\n", {}, "empty_file", id="empty lines only"),
        pytest.param(b"patient,date,pain\n", {}, "empty_file", id="a header only"),
        pytest.param(b"patient,date\np,2026-01-05\n", {}, "missing_column", id="no pain"),
        pytest.param(
            b"patient,date,pain\np,2026-01-05,3\n",
            {"columns": {"sleep": "zzz"}},
            "missing_column",
            id="a mapped column is not there",
        ),
        pytest.param(
            b"patient,date,pain\np,2026-01-05,3\n",
            {"columns": {"pain": ""}},
            "missing_column",
            id="pain left out",
        ),
        pytest.param(
            b"patient,date,pain,pain\np,2026-01-05,3,4\n", {}, "duplicate_header", id="pain twice"
        ),
        pytest.param(
            "patient,date,pain\nZoë,2026-01-05,3\n".encode("latin-1"),
            {},
            "wrong_encoding",
            id="Latin-1",
        ),
        pytest.param(
            "patient,date,pain\np,2026-01-05,3\n".encode("utf-16"),
            {},
            "wrong_encoding",
            id="UTF-16",
        ),
        pytest.param(
            b'patient,date,pain\np,2026-01-05,3\n"q,2026-01-05,3\nr,2026-01-05,3\n',
            {},
            "malformed_csv",
            id="a quote never closed",
        ),
        pytest.param(
            b"patient,date,pain\n" + b"p" * 200_000 + b",2026-01-05,3\n",
            {},
            "malformed_csv",
            id="an endless cell",
        ),
    ],
)
def test_refuses_a_file_that_cannot_be_read_as_meant(content, options, code):
    with pytest.raises(UnusableFile) as refusal:
        read(content, Options(**options))

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "patient,date,pain\nq,2026-01-05,3\nZoë,2026-01-05,3\n".encode("latin-1"),
            "Line 3, byte 3",
        ),
        (b'patient,date,pain\np,2026-01-05,3\n"q,2026-01-05,3\n', "Line 3"),
        (b"patient;date;pain\np;2026-01-05;3\n", "--delimiter ';'"),
        ("patient,date,pain\np,2026-01-05,3\n".encode("utf-16"), "--encoding utf-16"),
    ],
    ids=["encoding", "quote", "delimiter", "UTF-16"],
)
def test_reports_where_the_file_is_wrong_and_what_may_help(content, message):
    with pytest.raises(UnusableFile, match=message):
        read(content, Options())


@pytest.mark.parametrize(
    ("content", "options"),
    [
        pytest.param("\ufeffpatient,date,pain\nZoë,2026-01-05,3\n".encode(), {}, id="with a BOM"),
        pytest.param("patient,date,pain\r\nZoë,2026-01-05,3\r\n".encode(), {}, id="CRLF"),
        pytest.param("patient,date,pain\rZoë,2026-01-05,3\r".encode(), {}, id="CR"),
        pytest.param("patient,date,pain\nZoë,2026-01-05,3".encode(), {}, id="no last line end"),
        pytest.param(
            "patient,date,pain\nZoë,2026-01-05,3\n".encode("latin-1"),
            {"encoding": "latin-1"},
            id="Latin-1, announced",
        ),
        pytest.param(
            "patient,date,pain\nZoë,2026-01-05,3\n".encode("utf-16"),
            {"encoding": "utf-16"},
            id="UTF-16, announced",
        ),
        pytest.param(
            "patient;date;pain\nZoë;2026-01-05;3\n".encode(), {"delimiter": ";"}, id="semicolons"
        ),
        pytest.param(" patient , date ,pain\nZoë,2026-01-05,3\n".encode(), {}, id="loose header"),
    ],
)
def test_reads_what_spreadsheets_write(content, options):
    (entry,) = read(content, Options(**options)).days

    assert (entry.patient, entry.scores) == ("Zoë", {"pain_average": 3})


@pytest.mark.parametrize(
    "option",
    [{"encoding": "klingon"}, {"encoding": "hex"}, {"delimiter": "||"}, {"delimiter": '"'}],
)
def test_refuses_an_unknown_encoding_or_delimiter(option):
    with pytest.raises(UnusableOption):
        read(b"patient,date,pain\np,2026-01-05,3\n", Options(**option))
