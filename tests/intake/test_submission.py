"""What was handed in is found and named, and the one file of it that is graded is chosen."""

import os
import pickle

import pytest
from handed_in import BOTH, NAMES, ONE, bytes_of_zip, found, written, zipped

from grader.errors import UsageError
from grader.intake.entries import LARGEST
from grader.intake.submission import NOTHING, find, from_file


def test_a_folder_of_files_holds_one_submission_a_file(tmp_path):
    written(
        tmp_path,
        {
            "ada.py": ONE,
            "alan.ipynb": b"{}",
            "README.md": b"#",
            "marks.csv": b"",
            ".hidden.py": ONE,
        },
    )
    assert list(found(tmp_path)) == ["ada", "alan"]


def test_a_subfolder_is_one_submission_and_the_file_with_most_definitions_is_graded(
    tmp_path,
):
    written(
        tmp_path,
        {"ada/notes.py": ONE, "ada/src/tp.py": BOTH, "ada/README.md": b"#"},
    )
    (ada,) = find([tmp_path], NAMES)
    assert (ada.id, ada.filename, ada.data) == ("ada", "tp.py", BOTH)
    assert [str(n) for n in ada.notices] == [
        "2 files were handed in; src/tp.py was graded."
    ]


def test_who_handed_in_something_else_is_told_so(tmp_path):
    written(tmp_path, {"ada/report.pdf": b"%PDF", "alan/tp.py": BOTH})
    assert found(tmp_path)["ada"].problem == NOTHING


def test_moodle_folders_belong_to_one_participant_each(tmp_path):
    moodle = {
        "Zoë Ünal_1234_assignsubmission_file_/tp.py": BOTH,
        "Zoë Ünal_1234_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
        "Zoë Ünal_99_assignsubmission_file_/tp.py": ONE,
    }
    for path in (
        zipped(tmp_path / "m.zip", moodle),
        written(tmp_path / "folder", moodle),
    ):
        submissions = found(path)
        assert list(submissions) == ["Zoë-Ünal_1234", "Zoë-Ünal_99"]
        assert submissions["Zoë-Ünal_1234"].name == "Zoë Ünal"
        assert submissions["Zoë-Ünal_1234"].data == BOTH
        assert (
            submissions["Zoë-Ünal_1234"].files[0]
            == "Zoë Ünal_1234_assignsubmission_file_/tp.py"
        )


def test_canvas_files_belong_to_one_user_each_and_the_last_attempt_is_graded(
    tmp_path,
):
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
    zipped(
        tmp_path / "moodle.zip",
        {"Ada_1_assignsubmission_file_/all.zip": inner},
    )
    (ada,) = find([tmp_path], NAMES)
    assert (ada.id, ada.data) == ("Ada_1", BOTH)
    assert ada.files == ("Ada_1_assignsubmission_file_/all.zip/deep/tp.py",)


@pytest.mark.parametrize(
    "folder", ["attempt 2", "attempt-2", "Attempt_2", "v2"]
)
def test_of_several_attempts_in_folders_the_last_is_graded(tmp_path, folder):
    old, new = folder.replace("2", "9"), folder.replace("2", "10")
    written(tmp_path, {f"ada/{new}/tp.py": ONE, f"ada/{old}/tp.py": BOTH})
    os.utime(tmp_path / f"ada/{new}/tp.py", (0, 0))
    assert found(tmp_path)["ada"].data == ONE


def test_files_of_a_flat_folder_are_never_taken_for_attempts_of_one_another(
    tmp_path,
):
    written(tmp_path, {"ada-attempt1.py": ONE, "ada-attempt2.py": ONE})
    assert len(find([tmp_path], NAMES)) == 2


def test_a_git_working_copy_is_one_submission(tmp_path):
    written(
        tmp_path,
        {
            ".git/HEAD": b"",
            ".git/hooks/tp.py": BOTH,
            "tp.py": BOTH,
            "util.py": b"x = 1",
        },
    )
    (one,) = find([tmp_path], NAMES)
    assert (one.id, one.filename) == (tmp_path.name.strip("-"), "tp.py")


def test_ids_differ_even_where_case_does_not_count(tmp_path):
    written(tmp_path / "a", {"Tp.py": ONE})
    written(tmp_path / "b", {"tp.ipynb": b"{}", "tp.py": ONE, "été.py": ONE})
    ids = [one.id for one in find([tmp_path / "a", tmp_path / "b"], NAMES)]
    assert ids == ["Tp", "tp-2", "tp-3", "été"]
    assert len({one.casefold() for one in ids}) == 4


@pytest.mark.parametrize(
    "name",
    ["..", ". .", "a/b", "x" * 300, "日本" * 200, "-", "con\n", "\x1b[31m"],
)
def test_a_name_makes_an_id_that_is_one_folder_name(tmp_path, name):
    (one,) = find(
        [
            zipped(
                tmp_path / "m.zip",
                {
                    f"{name.replace('/', '|')} y_12_assignsubmission_file_/t.py": ONE
                },
            )
        ],
        NAMES,
    )
    assert one.id not in ("", ".", "..")
    assert not set(one.id) & set("/\\\0\n\x1b")
    assert len(one.id.encode()) <= 200
    (tmp_path / one.id).mkdir()


def test_results_and_the_course_s_own_modules_are_no_submissions(tmp_path):
    written(
        tmp_path, {"ada.py": ONE, "prologue.py": ONE, "out/alan/tp.py": ONE}
    )
    assert list(
        found(tmp_path, leave_out=tmp_path / "out", support=["prologue"])
    ) == ["ada"]


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


def test_the_digest_is_of_all_that_is_graded(tmp_path):
    files = {
        "ada/tp.py": b"from m import *\n" + ONE,
        "ada/m.py": b"def train(): pass",
    }
    written(tmp_path, files)
    before = found(tmp_path)["ada"]
    assert list(before.modules) == ["m.py"]
    assert before.held().sha256 == before.sha256
    (tmp_path / "ada/m.py").write_bytes(b"def train(): return")
    assert found(tmp_path)["ada"].sha256 != before.sha256


def test_several_versions_are_one_submission(tmp_path):
    written(tmp_path, {"ada/a.py": BOTH, "ada/b.py": BOTH})
    ada = found(tmp_path)["ada"]
    assert [ada.filename, *(one.filename for one in ada.versions)] == [
        "b.py",
        "a.py",
    ]


def test_ones_own_file_brings_the_modules_beside_it(tmp_path):
    files = {
        "tp.py": b"from net.m import *",
        "net/m.py": ONE,
        "other.py": BOTH,
    }
    written(tmp_path, files)
    assert from_file(tmp_path / "tp.py").modules == {}
    mine = from_file(tmp_path / "tp.py", with_modules=True)
    assert list(mine.modules) == ["net/m.py"]
