"""What was handed in is found, named, bounded, and never trusted with a path."""

import os
import pickle
import stat
import zipfile

import pytest

from grader.errors import UsageError
from grader.intake.entries import DEEPEST, LARGEST
from grader.intake.roster import read_roster
from grader.intake.submission import NOTHING, find, from_file

NAMES = ("sigma", "train")
BOTH = b"def sigma(x): pass\ndef train(x): pass\n"
ONE = b"def sigma(x): pass\n"


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def bytes_of_zip(tmp_path, members):
    path = zipped(tmp_path / "inner-of-test.zip", members)
    data = path.read_bytes()
    path.unlink()
    return data


def written(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def found(path, **options):
    return {one.id: one for one in find([path], NAMES, **options)}


def test_a_folder_of_files_holds_one_submission_a_file(tmp_path):
    written(
        tmp_path, {"ada.py": ONE, "alan.ipynb": b"{}", "README.md": b"#", "marks.csv": b"", ".hidden.py": ONE}
    )
    assert list(found(tmp_path)) == ["ada", "alan"]


def test_a_subfolder_is_one_submission_and_the_file_with_most_definitions_is_graded(tmp_path):
    written(tmp_path, {"ada/notes.py": ONE, "ada/src/tp.py": BOTH, "ada/README.md": b"#"})
    (ada,) = find([tmp_path], NAMES)
    assert (ada.id, ada.filename, ada.data) == ("ada", "tp.py", BOTH)
    assert [str(n) for n in ada.notices] == ["2 files were handed in; src/tp.py was graded."]


def test_who_handed_in_something_else_is_told_so(tmp_path):
    written(tmp_path, {"ada/report.pdf": b"%PDF", "alan/tp.py": BOTH})
    assert found(tmp_path)["ada"].problem == NOTHING


def test_moodle_folders_belong_to_one_participant_each(tmp_path):
    moodle = {
        "Zoë Ünal_1234_assignsubmission_file_/tp.py": BOTH,
        "Zoë Ünal_1234_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        "Zoë Ünal_99_assignsubmission_file_/tp.py": ONE,
    }
    for path in (zipped(tmp_path / "m.zip", moodle), written(tmp_path / "folder", moodle)):
        submissions = found(path)
        assert list(submissions) == ["Zoë-Ünal_1234", "Zoë-Ünal_99"]
        assert submissions["Zoë-Ünal_1234"].name == "Zoë Ünal"
        assert submissions["Zoë-Ünal_1234"].data == BOTH
        assert submissions["Zoë-Ünal_1234"].files[0] == "Zoë Ünal_1234_assignsubmission_file_/tp.py"


def test_canvas_files_belong_to_one_user_each_and_the_last_attempt_is_graded(tmp_path):
    path = zipped(
        tmp_path / "canvas.zip",
        {
            "lovelaceada_LATE_7_100_tp.py": ONE,
            "lovelaceada_LATE_7_101_tp-2.py": b"# second\n" + ONE,
            "lovelaceada_LATE_7_102_tp-10.py": b"# tenth\n" + ONE,
            "turingalan_8_103_work_of_mine.py": BOTH,
        },
    )
    submissions = found(path)
    assert list(submissions) == ["lovelaceada_7", "turingalan_8"]
    ada = submissions["lovelaceada_7"]
    assert ada.data.startswith(b"# tenth")
    assert [str(n) for n in ada.notices] == [
        "3 files were handed in; tp-10.py was graded.",
        "Canvas marks it as late.",
    ]


def test_a_download_in_a_folder_and_a_zip_in_it_are_opened(tmp_path):
    inner = bytes_of_zip(tmp_path, {"deep/tp.py": BOTH})
    zipped(tmp_path / "moodle.zip", {"Ada_1_assignsubmission_file_/all.zip": inner})
    (ada,) = find([tmp_path], NAMES)
    assert (ada.id, ada.data) == ("Ada_1", BOTH)
    assert ada.files == ("Ada_1_assignsubmission_file_/all.zip/deep/tp.py",)


@pytest.mark.parametrize("folder", ["attempt 2", "attempt-2", "Attempt_2", "v2"])
def test_of_several_attempts_in_folders_the_last_is_graded(tmp_path, folder):
    old, new = folder.replace("2", "9"), folder.replace("2", "10")
    written(tmp_path, {f"ada/{new}/tp.py": ONE, f"ada/{old}/tp.py": BOTH})
    os.utime(tmp_path / f"ada/{new}/tp.py", (0, 0))
    assert found(tmp_path)["ada"].data == ONE


def test_files_of_a_flat_folder_are_never_taken_for_attempts_of_one_another(tmp_path):
    written(tmp_path, {"ada-attempt1.py": ONE, "ada-attempt2.py": ONE})
    assert len(find([tmp_path], NAMES)) == 2


def test_a_git_working_copy_is_one_submission(tmp_path):
    written(tmp_path, {".git/HEAD": b"", ".git/hooks/tp.py": BOTH, "tp.py": BOTH, "util.py": b"x = 1"})
    (one,) = find([tmp_path], NAMES)
    assert (one.id, one.filename) == (tmp_path.name.strip("-"), "tp.py")


def test_ids_differ_even_where_case_does_not_count(tmp_path):
    written(tmp_path / "a", {"Tp.py": ONE})
    written(tmp_path / "b", {"tp.ipynb": b"{}", "tp.py": ONE, "été.py": ONE})
    ids = [one.id for one in find([tmp_path / "a", tmp_path / "b"], NAMES)]
    assert ids == ["Tp", "tp-2", "tp-3", "été"]
    assert len({one.casefold() for one in ids}) == 4


@pytest.mark.parametrize("name", ["..", ". .", "a/b", "x" * 300, "日本" * 200, "-", "con\n", "\x1b[31m"])
def test_a_name_makes_an_id_that_is_one_folder_name(tmp_path, name):
    (one,) = find(
        [zipped(tmp_path / "m.zip", {f"{name.replace('/', '|')} y_12_assignsubmission_file_/t.py": ONE})],
        NAMES,
    )
    assert one.id not in ("", ".", "..")
    assert not set(one.id) & set("/\\\0\n\x1b")
    assert len(one.id.encode()) <= 200
    (tmp_path / one.id).mkdir()


@pytest.mark.parametrize(
    "name", ["../../evil.py", "/etc/evil.py", "a/../../evil.py", "..\\evil.py", "C:\\evil.py"]
)
def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name  # past the checks of the constructor
        archive.writestr(info, ONE)
    with pytest.raises(UsageError, match="leads out of its folder"):
        find([path], NAMES)
    zipped(tmp_path / "class.zip", {"ada/all.zip": path.read_bytes(), "alan/tp.py": BOTH})
    submissions = found(tmp_path / "class.zip")
    assert "leads out of its folder" in submissions["ada"].problem
    assert submissions["alan"].data == BOTH


def test_a_zip_bomb_costs_only_who_handed_it_in(tmp_path):
    bomb = bytes_of_zip(tmp_path, {f"{i}.py": bytes(60 << 20) for i in range(4)})
    path = zipped(tmp_path / "class.zip", {"ada/bomb.zip": bomb, "alan/tp.py": BOTH})
    submissions = found(path)
    assert "times its size" in submissions["ada"].problem
    assert submissions["alan"].problem is None


def test_zips_are_opened_to_a_bounded_depth(tmp_path):
    data = BOTH
    name = "tp.py"
    for _ in range(DEEPEST + 1):
        data, name = bytes_of_zip(tmp_path, {name: data}), "in.zip"
    path = zipped(tmp_path / "class.zip", {"ada/in.zip": data, "alan/tp.py": BOTH})
    assert "deep" in found(path)["ada"].problem


def test_a_member_that_holds_more_than_it_says_is_cut_off(tmp_path):
    path = zipped(tmp_path / "class.zip", {"ada/tp.py": bytes(1000), "alan/tp.py": BOTH})
    size = (1000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (10).to_bytes(4, "little")))
    assert len(found(path)["ada"].held().data) <= 1000


def test_a_locked_zip_and_one_that_is_none_say_so(tmp_path):
    locked = bytearray(bytes_of_zip(tmp_path, {"tp.py": BOTH}))
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    path = zipped(tmp_path / "class.zip", {"ada/l.zip": bytes(locked), "alan/n.zip": b"no zip"})
    submissions = found(path)
    assert "password" in submissions["ada"].held().problem
    assert "is not a zip" in submissions["alan"].problem


def test_links_are_not_followed(tmp_path):
    secret = written(tmp_path / "secret", {"tp.py": BOTH})
    ada = written(tmp_path / "class" / "ada", {"mine.py": ONE})
    (ada / "tp.py").symlink_to(secret / "tp.py")
    (ada.parent / "alan").symlink_to(secret)
    submissions = found(tmp_path / "class")
    assert list(submissions) == ["ada"]
    assert submissions["ada"].filename == "mine.py"
    info = zipfile.ZipInfo("alan/tp.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        archive.writestr(info, str(secret / "tp.py"))
        archive.writestr("ada/tp.py", ONE)
    assert [one.data for one in find([tmp_path / "links.zip"], NAMES)] == [ONE]


def test_results_and_the_course_s_own_modules_are_no_submissions(tmp_path):
    written(tmp_path, {"ada.py": ONE, "prologue.py": ONE, "out/alan/tp.py": ONE})
    assert list(found(tmp_path, leave_out=tmp_path / "out", support=["prologue"])) == ["ada"]


def test_bytes_are_read_when_they_are_needed_and_travel_when_held(tmp_path):
    path = tmp_path / "ada.py"
    path.write_bytes(ONE)
    one = from_file(path)
    path.write_bytes(BOTH)
    assert one.data == BOTH
    held = pickle.loads(pickle.dumps(one.held()))
    path.unlink()
    assert held.data == BOTH
    assert "cannot be read" in one.held().problem


def test_a_file_that_is_too_large_is_a_problem_of_its_own(tmp_path):
    path = tmp_path / "ada.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    one = from_file(path)
    assert "larger than 64 MB" in one.problem
    assert one.data == b""


@pytest.mark.parametrize("what", ["missing.py", "notes.txt", "empty"])
def test_a_path_that_holds_nothing_is_told(tmp_path, what):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        find([tmp_path / what], NAMES)


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
        assert [p.name for p in roster.missing(submissions)] == ["Zoë Ünal"], name
        assert [one.name for one in roster.named(submissions)] == ["Ada Lovelace"], name


def test_a_roster_names_nobody_where_two_could_be_meant(tmp_path):
    (tmp_path / "roster.csv").write_text("name,id\nAda King,1\nAda Byron,2\n")
    roster = read_roster(tmp_path / "roster.csv")
    written(tmp_path / "class", {"ada.py": ONE})
    assert len(roster.missing(find([tmp_path / "class"], NAMES))) == 2


def test_a_file_without_known_columns_is_no_roster(tmp_path):
    (tmp_path / "roster.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column"):
        read_roster(tmp_path / "roster.csv")
