"""A roster gives names, and shows who is missing."""

import pytest
from handed_in import NAMES, ONE, written

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


def test_a_roster_names_nobody_where_two_could_be_meant(tmp_path):
    (tmp_path / "roster.csv").write_text("name,id\nAda King,1\nAda Byron,2\n")
    roster = read_roster(tmp_path / "roster.csv")
    written(tmp_path / "class", {"ada.py": ONE})
    assert len(roster.missing(find([tmp_path / "class"], NAMES))) == 2


def test_a_file_without_known_columns_is_no_roster(tmp_path):
    (tmp_path / "roster.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column"):
        read_roster(tmp_path / "roster.csv")
