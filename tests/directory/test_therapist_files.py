"""Broken files of every kind name every mistake and import nothing; what is exported comes back the same."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.directory import generated
from nmt_guide.directory.imports import COLUMNS, read_csv, write_csv
from nmt_guide.errors import DirectoryError, UsageError
from nmt_guide.knowledge.content import DAYS

ROW = {
    "id": "ann",
    "name": "Ann Example",
    "credentials": "LMT; cnmt",
    "specialities": "jaw pain; tension headache",
    "address": "1 Example Street",
    "city": "Austin",
    "region": "Texas",
    "country": "US",
    "postcode": "78704",
    "latitude": "30.2428",
    "longitude": "-97.7658",
    "languages": "English; español",
    "gender": "woman",
    "days": "Mon; saturday",
    "home_visits": "yes",
    "accepts_new_clients": "Y",
    "phone": "(512) 555-0142",
    "email": "ann@EXAMPLE.com",
    "website": "https://example.com/ann",
    "booking_url": "",
}


@pytest.fixture
def write(tmp_path):
    """Writes a file of rows, each the good one with changes."""

    def write_rows(*changes, columns=COLUMNS, delimiter=",", encoding="utf-8"):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow(columns)
        for change in changes:
            writer.writerow([{**ROW, **change}.get(column, "") for column in columns])
        path = tmp_path / "list.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write_rows


@pytest.fixture
def problems(content, places):
    """The mistakes that reading a file finds."""

    def problems_of(path):
        with pytest.raises(DirectoryError) as caught:
            read_csv(path, content, places)
        assert str(caught.value).startswith("Nothing was imported, because of ")
        return [str(problem) for problem in caught.value.problems]

    return problems_of


def test_a_good_row_is_read_as_people_write_it(write, content, places, person):
    assert read_csv(write({}), content, places) == [person]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_files_that_spreadsheets_write_are_read(write, content, places, person, delimiter, encoding):
    path = write({"name": "Élise Übung"}, delimiter=delimiter, encoding=encoding)

    assert read_csv(path, content, places) == [replace(person, name="Élise Übung")]


def test_the_order_of_columns_empty_rows_and_spaces_do_not_matter(write, content, places, person):
    path = write({"name": "  Ann Example "}, columns=[column.upper() for column in reversed(COLUMNS)])
    rows = list(csv.reader(path.read_text().splitlines()))
    rows[1] = [f" {ROW[column]} " for column in reversed(COLUMNS)]
    text = io.StringIO()
    csv.writer(text).writerows([rows[0], [""] * 20, rows[1], []])
    path.write_text(text.getvalue())

    assert read_csv(path, content, places) == [person]


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        ({"id": ""}, "id", "is empty; fill it in"),
        ({"id": "Ann Example"}, "id", "at most 40 letters"),
        ({"id": "a" * 41}, "id", "at most 40 letters"),
        ({"id": "../etc"}, "id", "at most 40 letters"),
        ({"name": ""}, "name", "is empty"),
        ({"city": ""}, "city", "is empty"),
        ({"credentials": "LMT; CNMTT"}, "credentials", "'CNMTT' is not a credential that is known; is 'cnmt' meant?"),
        ({"credentials": "lapsed"}, "credentials", "'lapsed' is not a credential"),
        ({"credentials": "LMT, CNMT"}, "credentials", "Put semicolons between several"),
        ({"languages": "Klingon"}, "languages", "'Klingon' is not a language that is known"),
        ({"days": "mon; someday"}, "days", "'someday' is not a day"),
        ({"country": ""}, "country", "is empty"),
        ({"country": "USA"}, "country", "'USA' is not a country's two letters"),
        ({"country": "XX"}, "country", "'XX' is not a country's two letters"),
        ({"home_visits": ""}, "home_visits", "must be yes or no"),
        ({"accepts_new_clients": "maybe"}, "accepts_new_clients", "must be yes or no, not 'maybe'"),
        ({"phone": "555-0142"}, "phone", "write it with its area code"),
        ({"phone": "call me"}, "phone", "is not a phone number of US"),
        ({"email": "ann@"}, "email", "is not an e-mail address"),
        ({"email": "ann at example.com"}, "email", "is not an e-mail address"),
        ({"website": "example.com/ann"}, "website", "with https:// in front"),
        ({"website": "javascript:alert(1)"}, "website", "is not the address of a web page"),
        ({"booking_url": "https://[bad"}, "booking_url", "is not the address of a web page"),
        ({"booking_url": "https://exa mple.com"}, "booking_url", "is not the address of a web page"),
        ({"latitude": "91"}, "latitude", "between -90 and 90"),
        ({"longitude": "-181"}, "longitude", "between -180 and 180"),
        ({"latitude": "30,2428"}, "latitude", "with a decimal point"),
        ({"latitude": "nan"}, "latitude", "between -90 and 90"),
        ({"longitude": "inf"}, "longitude", "between -180 and 180"),
        ({"latitude": ""}, "latitude", "must be degrees"),
        ({"latitude": "0", "longitude": "0"}, "latitude", "is a point in the sea"),
        ({"latitude": "-97.7658", "longitude": "30.2428"}, "latitude", "between -90 and 90"),
        ({"latitude": "30.2428", "longitude": "97.7658"}, "latitude", "from Austin, Texas, US; check sign"),
        (
            {"city": "London", "region": "", "country": "UK", "latitude": "-0.13", "longitude": "51.5", "phone": ""},
            "latitude",
            "latitude and longitude are swapped",
        ),
        (
            {"city": "Nowhereville", "postcode": "", "latitude": "", "longitude": ""},
            "latitude",
            "is not a town that is",
        ),
        (
            {"city": "Portland", "region": "", "postcode": "", "latitude": "", "longitude": ""},
            "region",
            "which Portland is it, Portland, Oregon, US or Portland, Maine, US?",
        ),
    ],
)
def test_a_broken_cell_is_named_with_row_and_column(write, problems, change, where, what):
    found = problems(write({"id": "good"}, change))

    assert len(found) == 1
    assert found[0].startswith(f"list.csv: row 3, {where}: ")
    assert what in found[0]


def test_every_mistake_of_every_row_is_named_in_the_order_of_the_file(write, problems):
    rows = [{"id": f"t{n}"} for n in range(30)]
    rows[3] |= {"country": "USA"}
    rows[11] |= {"id": "t2"}
    rows[27] |= {"email": "no", "phone": "no", "days": "no"}

    assert [problem.split(":")[1].strip() for problem in problems(write(*rows))] == [
        "row 5, country",
        "row 13, id",
        "row 29, days",
        "row 29, phone",
        "row 29, email",
    ]


def test_a_duplicate_id_names_the_other_row(write, problems):
    assert problems(write({}, {"id": "bob"}, {})) == [
        "list.csv: row 4, id: 'ann' stands in row 2 already; give each therapist an own one."
    ]


def test_rows_are_counted_as_a_spreadsheet_counts_them(write, problems):
    (problem,) = problems(write({"address": "1 Example Street\nSecond floor\nLeft"}, {"id": "bob", "name": ""}))

    assert problem.startswith("list.csv: row 3, name")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "list.csv: is empty; its first row must be id,name,"),
        (b"\r\n\r\n", "list.csv: is empty"),
        ("id,name\nann,Élise\n".encode("cp1252"), "is not written in UTF-8 (see line 2), probably in Windows-1252"),
        ("id,name\n".encode("utf-16"), "is written in UTF-16; save it in your spreadsheet as 'CSV UTF-8'"),
        ("id,name\n".encode("utf-16-le"), "is written in UTF-16"),
        (b"PK\x03\x04 workbook", "is a workbook, not a CSV file"),
        (b"id,name\n" + b"x" * 2000 + b"\0", "holds characters that are no text"),
        (b'id,name\nann,"open', "line 2: cannot be read"),
        (b'id,name\nann,"a"b\n', "check the quotation marks"),
        (b"id,name\n", "row 1: lacks the columns credentials, specialities"),
    ],
)
def test_a_file_that_is_no_list_of_therapists_says_what_it_is(tmp_path, problems, data, what):
    path = tmp_path / "list.csv"
    path.write_bytes(data)

    assert what in problems(path)[0]


def test_a_missing_file_says_so(tmp_path, problems):
    assert problems(tmp_path / "nothing.csv") == ["nothing.csv: cannot be read: No such file or directory."]


def test_a_misspelt_or_doubled_column_is_named(write, problems):
    columns = ["langauges" if column == "languages" else column for column in COLUMNS]

    assert problems(write({}, columns=[*columns, "id", "notes"])) == [
        "list.csv: row 1: lacks the columns languages; the first row must name every column. Add them, with empty cells where "
        "a cell may be empty.",
        "list.csv: row 1: names the column 'id' twice.",
        "list.csv: row 1: there is no column 'langauges'; is 'languages' meant?",
        "list.csv: row 1: there is no column 'notes'; delete it.",
    ]


def test_a_column_of_another_program_is_told_by_its_name_here(write, problems):
    columns = ["state" if column == "region" else column for column in COLUMNS]

    assert "list.csv: row 1: there is no column 'state'; is 'region' meant?" in problems(write({}, columns=columns))


def test_a_title_above_the_names_of_the_columns_is_told_once(tmp_path, problems):
    (tmp_path / "list.csv").write_text("Our therapists;;\nid;name;city\n")

    assert problems(tmp_path / "list.csv") == [
        f"list.csv: row 1: names no column. Delete what stands above the names; they are {', '.join(COLUMNS)}."
    ]


def test_a_row_with_too_many_cells_is_named(write, problems):
    path = write({})
    path.write_text(path.read_text() + ",".join(["x"] * 21) + "\n")

    assert problems(path) == ["list.csv: row 3: has 21 cells, but the first row has 20."]


@pytest.mark.parametrize(
    ("change", "latitude", "longitude"),
    [
        ({}, 30.2428, -97.7658),  # of the postcode
        ({"postcode": ""}, 30.27, -97.74),
        ({"city": "Portland", "region": "ME", "postcode": ""}, 43.66, -70.26),
        ({"city": "Toronto", "region": "Ontario", "country": "CA", "postcode": "M5V 3L9"}, 43.71, -79.40),
        ({"city": "Nowhereville", "region": "", "country": "GB", "postcode": "EH3 9AA", "phone": ""}, 55.95, -3.19),
    ],
)
def test_empty_coordinates_are_those_of_postcode_or_town(write, content, places, change, latitude, longitude):
    (person,) = read_csv(write({"latitude": "", "longitude": "", **change}), content, places)

    assert (person.latitude, person.longitude) == pytest.approx((latitude, longitude), abs=0.02)


EMPTY = {"latitude": "", "longitude": ""}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (EMPTY, []),
        ({"city": "Ausitn", "region": "TX"}, []),  # the coordinates are there, and near
        (
            {**EMPTY, "city": "Ausitn", "postcode": ""},
            ["'Ausitn' is not known as town and region are written; Austin, Texas, US is taken"],
        ),
        (
            {**EMPTY, "region": "Somewhere", "postcode": ""},
            ["'Austin' is not known as town and region are written; Austin, Texas, US is taken"],
        ),
        (
            {**EMPTY, "city": "Nowhereville"},
            [
                "'Nowhereville' is not a town that is known; the place of the postcode is taken, 78704, Austin, Texas, US"
            ],
        ),
        (
            {**EMPTY, "city": "Dallas"},
            ["'Dallas' is far from the postcode, whose place is taken, 78704, Austin, Texas, US"],
        ),
        (
            {"city": "Nowhereville", "region": ""},
            ["'Nowhereville' is not a town that is known. The coordinates are taken"],
        ),
        (
            {"city": "Ausitn", "latitude": "47.61", "longitude": "-122.33"},
            ["'Ausitn' is not a town that is known; the nearest name is Austin, Texas, US. The coordinates are taken"],
        ),
    ],
)
def test_a_town_that_is_not_known_as_written_is_told_and_nothing_is_lost(write, content, places, change, told):
    doubts = []
    people = read_csv(write({}, change and {"id": "bea", **change}), content, places, doubts.append)

    assert len(people) == 2
    assert [doubt.startswith(f"list.csv: row 3, city: {one}") for doubt, one in zip(doubts, told, strict=True)] == [
        True for _ in told
    ], doubts


def test_twenty_thousand_come_back_as_they_were_exported(tmp_path, content, places):
    people = generated(20_000)
    write_csv(tmp_path / "list.csv", people)

    assert read_csv(tmp_path / "list.csv", content, places) == people


#: Text as a cell may hold it: trimmed, and with what spreadsheets take for formulas.
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
NASTY = st.builds("{}{}".format, st.sampled_from(["", "=", "+", "-", "@", "'", "'=", "''+"]), TEXT).map(str.strip)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=NASTY.filter(bool),
    address=NASTY,
    specialities=st.lists(NASTY.filter(lambda text: text and ";" not in text), unique=True, max_size=3),
    days=st.lists(st.sampled_from(DAYS), unique=True),
    latitude=st.floats(29.5, 30.5),
    country_phone=st.sampled_from([("+1 512-555-0142", "US"), ("+44 20 7946 0123", "US"), (None, "US")]),
)
def test_whatever_is_exported_comes_back(
    tmp_path, content, places, person, name, address, specialities, days, latitude, country_phone
):
    exported = replace(
        person,
        name=name,
        address=address,
        specialities=tuple(specialities),
        days=tuple(days),
        latitude=latitude,
        phone=country_phone[0],
    )
    write_csv(tmp_path / "list.csv", [exported])

    assert read_csv(tmp_path / "list.csv", content, places) == [exported]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "'="])
def test_no_exported_cell_is_a_formula(tmp_path, person, start):
    nasty = replace(person, name=f"{start}HYPERLINK(1)", specialities=(f"{start}1+1",), phone="+44 20 7946 0123")
    write_csv(tmp_path / "list.csv", [nasty])
    rows = list(csv.DictReader((tmp_path / "list.csv").read_text(encoding="utf-8-sig").splitlines()))

    assert [cell for name, cell in rows[0].items() if cell[:1] in "=+-@\t\r" and name != "longitude" and cell] == []


def test_a_file_that_cannot_be_written_says_so(tmp_path, person):
    with pytest.raises(UsageError, match="cannot be written"):
        write_csv(tmp_path / "nothing" / "list.csv", [person])
