"""What was handed in is found and named, and the one file of it that is graded is chosen."""

import os
import pickle
import re
import unicodedata
import zipfile

import pytest
from handed_in import (
    BOTH,
    NAMES,
    ONE,
    bytes_of_zip,
    directory_of_zip,
    found,
    written,
    zipped,
)
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.intake import archives, choice
from grader.intake.entries import Entry, ignored
from grader.intake.limits import LARGEST, Refused
from grader.intake.submission import (
    NOTHING,
    TOO_SLOW,
    Submission,
    find,
    from_file,
    set_aside,
)


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


# -- one submission's files are nobody else's problem ----------------------------------------------------


def a_zip(name, text=ONE, method=zipfile.ZIP_DEFLATED):
    """Makes a zip of one member in a folder."""

    def make(folder):
        with zipfile.ZipFile(folder / "all.zip", "w", method) as archive:
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = name
            archive.writestr(info, text, method)

    return make


def a_file(data, name="tp.py"):
    def make(folder):
        (folder / name).write_bytes(data)

    return make


def a_broken_lzma(folder):
    a_zip("tp.py", bytes(99), zipfile.ZIP_LZMA)(folder)
    data = bytearray((folder / "all.zip").read_bytes())
    data[36:44] = bytes(8)
    (folder / "all.zip").write_bytes(data)


def very_deep(folder):
    here = os.open(folder, os.O_RDONLY)
    for _ in range(45):
        os.mkdir("f" * 100, dir_fd=here)
        inner = os.open("f" * 100, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


# what is handed in -> what its problem says; None where nothing can be said
HOSTILE = {
    "broken LZMA": (a_broken_lzma, "LZMA"),
    "bzip2": (a_zip("tp.py", bytes(99), zipfile.ZIP_BZIP2), "bzip2"),
    "empty name": (a_zip(""), "no name"),
    "no zip": (a_file(b"PK", "all.zip"), "not a zip"),
    "leads out": (a_zip("../tp.py"), "leads out"),
    "many entries": (
        a_file(directory_of_zip(70_000), "all.zip"),
        "more files",
    ),
    "large source": (a_file(bytes(9 << 20)), "larger than 8 MB"),
    "link": (lambda folder: (folder / "tp.py").symlink_to("/etc"), "link"),
    "loop": (lambda folder: (folder / "tp").symlink_to(folder), "link"),
    "pipe": (lambda folder: os.mkfifo(folder / "tp.py"), "ordinary"),
    "very deep": (very_deep, "cannot be read"),
    "nothing that runs": (a_file(b"", "tp.txt"), "No .py"),
}


# a zip that is made here holds ordinary files only
UNPACKED = ("link", "loop", "pipe", "very deep")


@pytest.mark.parametrize(
    ("what", "packed"),
    [(what, False) for what in HOSTILE]
    + [(what, True) for what in HOSTILE if what not in UNPACKED],
)
def test_hostile_files_cost_only_who_handed_them_in(tmp_path, what, packed):
    make, says = HOSTILE[what]
    handed_in = tmp_path / "class"
    written(handed_in, {"alan/tp.py": BOTH, "zoe.py": BOTH})
    (handed_in / "mallory").mkdir()
    make(handed_in / "mallory")
    if packed:
        files = {}
        for path in handed_in.rglob("*"):
            if path.is_file():
                name = str(path.relative_to(handed_in))
                files[name] = path.read_bytes()
        handed_in = zipped(tmp_path / "class.zip", files)
    submissions = found(handed_in)
    mallory = submissions["mallory"].held()
    assert says in mallory.problem
    # an instructor is shown what was there and could not be read
    assert any(one.look for one in mallory.notices) == (says != "No .py")
    assert submissions["alan"].held().data == BOTH
    assert submissions["zoe"].held().data == BOTH


def test_an_exception_of_any_kind_is_one_submission_s_problem(
    tmp_path, monkeypatch
):
    """Of the exceptions that nobody has foreseen: what raises this one is made up."""
    written(tmp_path, {"ada/a.py": b"# odd\n" + ONE, "ada/b.py": ONE})
    written(tmp_path, {"alan/a.py": BOTH, "alan/b.py": ONE})
    read = archives.read

    def fails(file, members):
        data = read(file, members)
        if b"odd" in data:
            raise MemoryError
        return data

    monkeypatch.setattr(archives, "read", fails)
    submissions = found(tmp_path)
    assert "MemoryError" in submissions["ada"].problem
    assert submissions["ada"].notices[0].look
    assert submissions["alan"].data == BOTH


def test_a_module_that_vanishes_costs_what_it_holds(tmp_path):
    files = {"ada/tp.py": b"from m import *\n" + ONE, "ada/m.py": BOTH}
    ada = found(written(tmp_path, files))["ada"]
    (tmp_path / "ada/m.py").unlink()
    held = ada.held()
    assert held.data.endswith(ONE) and held.modules == {}
    assert held.notices[-1].values["file"] == "m.py"


def test_a_zip_among_several_that_cannot_be_read_is_somebody_s(tmp_path):
    (tmp_path / "ada.zip").write_bytes(b"no zip")
    (tmp_path / "alan.py").write_bytes(BOTH)
    os.mkfifo(tmp_path / "eve.py")
    paths = [tmp_path / name for name in ("ada.zip", "alan.py", "eve.py")]
    ada, alan, eve = find(paths, NAMES)
    assert "is not a zip" in ada.problem
    assert alan.data == BOTH
    assert "no ordinary file" in eve.problem
    for path in (paths[0], paths[2]):
        with pytest.raises(UsageError):
            find([path], NAMES)


def test_what_is_left_out_is_told_of_at_most_ten(tmp_path):
    files = written(tmp_path / "ada", {"tp.py": BOTH})
    for i in range(30):
        (files / f"{i}.py").symlink_to(files / "tp.py")
    notices = found(tmp_path)["ada"].notices
    assert [one.kind for one in notices] == ["file-left-out"] * 10 + ["more"]


def test_the_owner_of_a_zip_with_something_odd_in_it_is_graded(tmp_path):
    with zipfile.ZipFile(tmp_path / "ada.zip", "w") as archive:
        archive.writestr("tp.py", BOTH)
        archive.writestr("../../odd.py", ONE)
    ada = found(tmp_path)["ada"]
    assert ada.data == BOTH
    assert "leads out of its folder" in str(ada.notices[0])


def test_a_students_own_file_is_never_taken_for_another_student_s(tmp_path):
    """A name as a course site gives it says whose a file is only where the course site has given it."""
    name = "Alan_7_assignsubmission_file_/tp.py"
    other = "alan_7_100_tp.py"
    written(tmp_path / "folders", {f"mallory/{name}": BOTH, "eve/tp.py": BOTH})
    written(tmp_path / "folders", {f"zoe/{other}": BOTH})
    written(
        tmp_path / "folders",
        {"mallory/Ada_8_assignsubmission_file_/a.py": ONE},
    )
    submissions = found(tmp_path / "folders")
    assert set(submissions) == {"mallory", "eve", "zoe"}
    # where the instructor has put a download beside other submissions, it is told
    kinds = [notice.kind for notice in submissions["mallory"].notices]
    assert kinds == ["several-files", "looks-like-download"]
    mallory = "Mallory_5_assignsubmission_file_"
    written(tmp_path / "moodle", {f"{mallory}/{other}": BOTH})
    assert set(found(tmp_path / "moodle")) == {"Mallory_5"}


@pytest.mark.parametrize("beside", ["alice.py", "notes.txt"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_forged_download_beside_others_is_one_student_s(
    tmp_path, beside, packed
):
    forged = {
        "Alice_1234_assignsubmission_file_/a.py": ONE,
        "Bob_77_assignsubmission_file_/a.py": ONE,
    }
    if packed:
        zipped(tmp_path / "mallory.zip", forged)
    else:
        written(tmp_path / "mallory", forged)
    written(tmp_path, {beside: BOTH})
    submissions = found(tmp_path)
    assert set(submissions) - {"alice"} == {"mallory"}
    kinds = [notice.kind for notice in submissions["mallory"].notices]
    assert "looks-like-download" in kinds
    # named by the instructor, it is what it seems to be
    if packed:
        assert set(found(tmp_path / "mallory.zip")) == {"Alice_1234", "Bob_77"}


# -- ids -------------------------------------------------------------------------------------------------

RESERVED = ("index.html", "gradebook.csv")


@given(
    names=st.lists(
        st.one_of(
            st.sampled_from(
                ["index.html", "INDEX.HTML", "gradebook.csv", "CON", "nul.tp"]
            ),
            st.text(
                st.characters(exclude_characters="/\0", codec="utf-8"),
                min_size=1,
                max_size=60,
            ),
        ),
        max_size=8,
    )
)
def test_any_names_make_ids_that_are_folders_of_their_own(
    names, tmp_path_factory
):
    handed_in = tmp_path_factory.mktemp("class")
    count = 0
    for name in names:
        # what a file system takes for a name
        if ignored(name) or len(name.encode()) > 200 or name in (".", ".."):
            continue
        path = handed_in / f"{name}.py"
        count += not path.exists()
        path.write_bytes(BOTH)
    if not count:
        return
    submissions = find([handed_in], NAMES, reserved=RESERVED)
    ids = [one.id for one in submissions]
    assert len(ids) == count
    folded = {unicodedata.normalize("NFD", id_.casefold()) for id_ in ids}
    assert len(folded) == count
    for id_ in ids:
        assert re.fullmatch(r"[\w.-]+", id_)
        assert id_.strip(".") == id_
        assert id_.casefold() not in RESERVED
        device = id_.split(".")[0].casefold()
        assert device not in ("con", "prn", "aux", "nul", "com1", "lpt9")
        assert len(id_.encode()) <= 110


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


def test_a_choice_that_takes_too_long_is_one_student_s_problem(
    tmp_path, monkeypatch
):
    def used_up(_):
        raise Refused("is too much")

    monkeypatch.setattr("grader.intake.choice._import_lines", used_up)
    written(tmp_path, {"a/a.py": BOTH, "a/b.py": ONE, "c.py": ONE})
    slow, other = find([tmp_path], NAMES)
    assert slow.problem == TOO_SLOW
    assert other.problem is None


def test_that_not_all_of_very_many_files_are_compared_is_told(tmp_path):
    files = {f"a/{i}.py": ONE for i in range(choice.MOST_CANDIDATES + 1)}
    written(tmp_path, files)
    (one,) = find([tmp_path], NAMES)
    assert "not-compared" in {notice.kind for notice in one.notices}


def test_each_zip_is_opened_once_for_all_that_lies_in_it(
    tmp_path, monkeypatch
):
    nb_zips = 6  # more than are kept open
    modules = {}
    for number in range(30):
        path = tmp_path / f"{number % nb_zips}.zip"
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(f"m{number}.py", f"n = {number}")
        modules[f"m{number}.py"] = Entry(
            (f"m{number}.py",), 10, 0.0, path, (number // nb_zips,)
        )
    opened = []
    open_ = archives._opened
    monkeypatch.setattr(
        archives, "_opened", lambda *a: opened.append(a[0]) or open_(*a)
    )
    one = Submission("a", "a", "a.py", b"", modules=modules)
    assert list(one.module_bytes()) == list(modules)
    assert len(opened) == nb_zips
    held = one.held()
    assert held.modules == one.module_bytes()
    assert list(held.modules) == list(modules)
    assert held.sha256 == one.sha256
    assert len(opened) <= 4 * nb_zips


IMPORTS = b"from helper import *\ndef train(x): return x\n"
SIX = b"def sigma(x): return x\n"
DOWNLOADS = {
    "Canvas": {"ada_1_22_tp.py": IMPORTS, "ada_1_23_helper.py": SIX},
    "Canvas, handed in again": {
        "ada_1_22_tp-3.py": IMPORTS,
        "ada_1_23_helper-1.py": SIX,
        "ada_1_24_helper-2.py": SIX + SIX,
    },
    "Moodle": {
        "Ada L_1_assignsubmission_file_/tp.py": IMPORTS,
        "Ada L_1_assignsubmission_file_/helper.py": SIX,
    },
    "Moodle, without folders": {
        "Ada L_1_assignsubmission_file_tp.py": IMPORTS,
        "Ada L_1_assignsubmission_file_helper.py": SIX,
    },
}


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_files_import_each_other_by_their_own_names(tmp_path, platform):
    others = {"bob_2_25_tp.py": BOTH}
    if "Moodle" in platform:
        others = {"Bob K_2_assignsubmission_file_tp.py": BOTH}
    written(tmp_path, {**DOWNLOADS[platform], **others})
    ada, bob = sorted(
        find([tmp_path], NAMES), key=lambda one: one.id.casefold()
    )
    assert ada.data == IMPORTS
    assert list(ada.modules) == ["helper.py"]
    assert ada.module_bytes()["helper.py"].startswith(SIX)
    assert bob.data == BOTH


def test_of_several_files_one_that_cannot_be_graded_is_somebodys(tmp_path):
    written(tmp_path, {"ada.py": BOTH, "bob.docx": b"PK"})
    (tmp_path / "eve.py").symlink_to("nowhere")
    paths = [tmp_path / name for name in ("ada.py", "bob.docx", "eve.py")]
    ada, bob, eve = find(paths, NAMES)
    assert ada.problem is None
    assert "neither" in str(bob.problem)
    assert "does not exist" in str(eve.problem)
    with pytest.raises(UsageError):
        find([tmp_path / "ada.py", tmp_path / "absent.py"], NAMES)


def test_files_that_are_not_graded_are_known(tmp_path):
    files = {"ada.py": ONE, "bob.docx": b"PK", "eve.pdf": b"%PDF", ".x": b""}
    written(tmp_path, {**files, "dlc_prologue.txt": b"", "carl/tp.pdf": b""})
    assert set_aside([tmp_path], support=["dlc_prologue"]) == [
        "bob.docx",
        "eve.pdf",
    ]
    assert set_aside([tmp_path / "ada.py"]) == []
    assert set_aside([tmp_path], leave_out=tmp_path) == []
    archive = zipped(tmp_path / "class.zip", files)
    assert set_aside([archive]) == ["bob.docx", "eve.pdf"]
