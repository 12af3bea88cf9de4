"""A roster gives names, and shows who is missing."""

import contextlib
import csv
import io

import pytest
from handed_in import NAMES, ONE, written
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.intake.roster import read_roster
from grader.intake.submission import find


@pytest.mark.parametrize(
    "text",
    [
        "id,name,email\n1234,Ada Lovelace,ada@x.org\n5,Zoë Ünal,z@x.org\n",
        "\ufeffIdentifier;Full name;Email address\n"
        "Participant 1234;Ada Lovelace;ada@x.org\nParticipant 5;Zoë Ünal;\n",
        "Prénom\tNom\tMatricule\nAda\tLovelace\t1234\nZoë\tÜnal\t5\n",
        'Student,ID,SIS User ID\n"Lovelace, Ada",1234,A1\n"Ünal, Zoë",5,A2\n',
    ],
)
def test_a_roster_names_and_tells_who_is_missing(tmp_path, text):
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    roster = read_roster(tmp_path / "roster.csv")
    for name in (
        "lovelaceada_1234_9_tp.py",
        "Ada Lovelace_1234_assignsubmission_file_/tp.py",
        "ada_lovelace/tp.py",
        "1234.py",
        "tp_1234.py",
    ):
        folder = written(tmp_path / name.replace("/", "-"), {name: ONE})
        submissions = find([folder], NAMES)
        assert [p.name for p in roster.missing(submissions)] == ["Zoë Ünal"], (
            name
        )
        assert [one.name for one in roster.named(submissions)] == [
            "Ada Lovelace"
        ], name


def test_a_roster_that_excel_saved_as_unicode_is_read(tmp_path):
    text = "id\tname\n1234\tAda Lovelace\n"
    (tmp_path / "roster.csv").write_bytes(text.encode("utf-16"))
    assert read_roster(tmp_path / "roster.csv").people[0].id == "1234"


def test_a_file_that_is_too_large_is_no_roster(tmp_path):
    with (tmp_path / "roster.csv").open("wb") as file:
        file.truncate(20 << 20)
    with pytest.raises(UsageError, match="larger than 16 MB"):
        read_roster(tmp_path / "roster.csv")


@given(
    rows=st.lists(st.lists(st.text(max_size=12), max_size=5), max_size=6),
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_rows_below_a_header_are_people_or_nothing(
    rows, separator, encoding, tmp_path_factory
):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator)
    writer.writerows([["id", "name", "email"], *rows])
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_bytes(file.getvalue().encode(encoding, "replace"))
    for person in read_roster(path).people:
        assert not person.is_blank
        assert person.id or person.name


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_roster_or_refused(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    path.write_bytes(data)
    with contextlib.suppress(UsageError):
        read_roster(path)


def test_a_roster_names_nobody_where_two_could_be_meant(tmp_path):
    (tmp_path / "roster.csv").write_text("name,id\nAda King,1\nAda Byron,2\n")
    roster = read_roster(tmp_path / "roster.csv")
    written(tmp_path / "class", {"ada.py": ONE})
    assert len(roster.missing(find([tmp_path / "class"], NAMES))) == 2


COURSE = """id,name,email
1001,Chen Lee,lee@x.org
1002,Max Müller,max@x.org
1003,Max Planck,mp@x.org
1004,Ann Smith,ann.smith@x.org
1005,Ann Smith,smith2@x.org
2,Bo Chan,bo@x.org
"""
WHOSE = {
    "Bruce-Lee_1.py": None,
    "max_planck.py": "1003",
    "Max Planck_77_assignsubmission_file_/tp.py": "1003",
    "Müller_Max.py": "1002",
    "max_mueller.py": None,
    "max-ernst.py": None,
    "practical3_ann_1005.py": "1005",
    "ann smith.py": None,
    "ann.smith.py": None,
    "smith2.py": "1005",
    "tp_2.py": None,
    "2.py": "2",
    "practical3_bo_chan_final.py": "2",
    "chan.py": None,
    "lee.py": "1001",
}


@pytest.mark.parametrize("file", WHOSE)
def test_no_single_word_of_a_name_tells_whose_it_is(tmp_path, file):
    (tmp_path / "roster.csv").write_text(COURSE, encoding="utf-8")
    roster = read_roster(tmp_path / "roster.csv")
    folder = written(tmp_path / "class", {file: ONE})
    (owner,) = roster.owners(find([folder], NAMES))
    assert (owner and owner.id) == WHOSE[file]


def test_better_evidence_tells_whose_of_two_it_is(tmp_path):
    (tmp_path / "roster.csv").write_text(COURSE, encoding="utf-8")
    roster = read_roster(tmp_path / "roster.csv")
    files = {"max_planck_1003.py": ONE, "max_planck.py": ONE}
    submissions = find([written(tmp_path / "class", files)], NAMES)
    owners = roster.owners(submissions)
    whose = {
        one.id: owner and owner.id
        for one, owner in zip(submissions, owners, strict=True)
    }
    assert whose == {"max_planck_1003": "1003", "max_planck": None}
    assert "Max Planck" in [one.name for one in roster.named(submissions)]


def test_a_total_and_a_student_for_tests_are_nobody(tmp_path):
    text = 'Student,ID\n"    Points Possible",\n"Student, Test",9\nAda L,1\n'
    (tmp_path / "roster.csv").write_text(text)
    people = read_roster(tmp_path / "roster.csv").people
    assert [person.name for person in people] == ["Ada L"]


def test_a_file_without_known_columns_is_no_roster(tmp_path):
    (tmp_path / "roster.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column"):
        read_roster(tmp_path / "roster.csv")
