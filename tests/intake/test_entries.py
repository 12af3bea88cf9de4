"""Folders and archives are listed within bounds, and never trusted with a path."""

import itertools
import os
import stat
import unicodedata
import zipfile
from pathlib import Path

import pytest
from handed_in import (
    BOTH,
    ONE,
    bytes_of_zip,
    directory_of_zip,
    written,
    zipped,
)
from hypothesis import given
from hypothesis import strategies as st

from grader.intake import archives
from grader.intake.entries import files_of, listed, outermost, shown
from grader.intake.limits import DEEPEST, DEEPEST_FOLDER, Budget, Refused


def problems(path, budget=None):
    """Path -> why it is not read, None where it is."""
    found = files_of(outermost(path), budget)
    return {entry.path: entry.problem for entry in found}


# -- names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.py",
        "/etc/evil.py",
        "a/../../evil.py",
        "..\\evil.py",
        "C:\\evil.py",
        "ev\0il.py",
        "",
        "./",
        "a/" * 100 + "evil.py",
    ],
)
def test_a_member_that_leads_nowhere_is_refused_alone(tmp_path, name):
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = info.orig_filename = name  # past the constructor
        archive.writestr(info, ONE)
        archive.writestr("tp.py", BOTH)
    found = problems(path)
    assert found.pop("tp.py") is None
    # what ends in a slash is a folder
    assert len(found) == (name != "./")
    assert all(found.values())


@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
        max_size=12,
    )
)
def test_any_member_s_name_is_shown_bounded_and_no_two_alike(
    names, tmp_path_factory
):
    path = tmp_path_factory.mktemp("names") / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in dict.fromkeys(names):
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = name
            archive.writestr(info, name.encode())
    found = listed(path)
    paths = [entry.parts for entry in found]
    assert len(set(paths)) == len(paths)
    for entry in found:
        assert not {"", ".", ".."} & set(entry.parts)
        assert not any(set(part) & set("/\\") for part in entry.parts)
        assert max(map(len, entry.parts)) <= 260
        if entry.problem is None:
            # the bytes are those of the member with this name
            last = entry.read().decode().replace("\\", "/").split("/")
            assert shown(last[-1])[:20] == entry.name[:20]


def test_names_that_look_alike_are_told_apart(tmp_path):
    composed = "é.py"
    names = [composed, unicodedata.normalize("NFD", composed)]
    broken = [b"\xff.py", b"\xfe.py"]
    for name in map(os.fsencode, names):
        broken.append(name)
    for name in broken:
        Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(name)
    zipped(tmp_path / "a.zip", {f"in/{name}": name.encode() for name in names})
    found = listed(tmp_path)
    assert len({entry.path for entry in found}) == len(found) == 6
    assert len({entry.read() for entry in found}) == 4


# -- links, pipes, and what cannot be read ---------------------------------------------------------------


def test_links_are_named_and_not_followed(tmp_path):
    secret = written(tmp_path / "secret", {"tp.py": BOTH})
    ada = written(tmp_path / "ada", {"mine.py": ONE})
    (ada / "tp.py").symlink_to(secret / "tp.py")
    (ada / "more").symlink_to(secret)
    (ada / "round").symlink_to(ada)
    found = problems(ada)
    assert found.pop("mine.py") is None
    assert set(found) == {"tp.py", "more", "round"}
    assert all("symbolic link" in problem for problem in found.values())

    info = zipfile.ZipInfo("tp.py")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        archive.writestr(info, str(secret / "tp.py"))
    assert "symbolic link" in problems(tmp_path / "links.zip")["tp.py"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "tp.py")
    os.mkfifo(tmp_path / "all.zip")
    assert problems(tmp_path) == {
        "tp.py": archives.NOT_ORDINARY,
        "all.zip": archives.NOT_ORDINARY,
    }


def test_what_changes_after_it_was_listed_is_refused_or_read(tmp_path):
    files = {f"{i}.py": ONE for i in range(4)}
    found = listed(written(tmp_path, files))
    (tmp_path / "0.py").unlink()
    (tmp_path / "1.py").unlink()
    os.mkfifo(tmp_path / "1.py")
    (tmp_path / "2.py").unlink()
    (tmp_path / "2.py").symlink_to(tmp_path / "3.py")
    (tmp_path / "3.py").write_bytes(BOTH)
    for entry in found[:3]:
        with pytest.raises(Refused):
            entry.read()
    assert found[3].read() == BOTH


def test_folders_are_walked_to_a_bounded_depth_however_long_their_paths(
    tmp_path,
):
    written(tmp_path, {"tp.py": BOTH})
    here = os.open(tmp_path, os.O_RDONLY)
    # a path as long as this cannot be opened by its name any more
    for _ in range(40):
        os.mkdir("f" * 200, dir_fd=here)
        inner = os.open("f" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    found = problems(tmp_path)
    assert found.pop("tp.py") is None
    assert list(map(bool, found.values())) == [True]

    shallow = tmp_path.with_name("shallow")
    deep = Path(*itertools.repeat("f", DEEPEST_FOLDER - 1))
    written(shallow, {deep / "last.py": ONE, deep / "g/h/not.py": ONE})
    found = {entry.name: entry.problem for entry in listed(shallow)}
    assert found["last.py"] is None
    assert "folders" in found["h"]


# -- what it costs ---------------------------------------------------------------------------------------


def test_a_heap_of_files_takes_the_place_of_nobody_s_code(tmp_path):
    heap = {f"data/{i}.csv": b"" for i in range(50)}
    written(tmp_path, {"tp.py": BOTH, "src/m.py": ONE, **heap})
    zipped(tmp_path / "all.zip", heap)
    found = problems(tmp_path, Budget(files=20))
    assert {path for path, problem in found.items() if problem} == {
        "data",
        "all.zip",
    }
    assert found["tp.py"] is found["src/m.py"] is None


def test_bytes_are_counted_through_all_archives(tmp_path):
    inner = bytes_of_zip(tmp_path, {f"{i}.ipynb": bytes(900) for i in (0, 1)})
    files = {f"{i}.zip": inner for i in range(3)}
    zipped(tmp_path / "out.zip", {**files, "notes.pdf": bytes(10_000)})
    budget = Budget(size=len(inner) * 3 + 2000)
    found = problems(tmp_path, budget)
    read = [path for path, problem in found.items() if problem is None]
    assert sorted(read) == [
        "out.zip/0.zip/0.ipynb",
        "out.zip/0.zip/1.ipynb",
        "out.zip/notes.pdf",
    ]
    assert budget.size < 900


def test_entries_are_counted_through_all_archives(tmp_path):
    inner = directory_of_zip(900)
    zipped(tmp_path / "out.zip", {f"{i}.zip": inner for i in range(9)})
    found = problems(tmp_path, Budget(files=2_000))
    refused = [problem for problem in found.values() if problem]
    assert len(refused) == 7
    assert len(found) == 9  # 900 members of one name are one file


def test_folders_in_a_zip_are_counted(tmp_path):
    zipped(tmp_path / "a.zip", {"/".join("abcdefghij") + "/k.py": ONE})
    found = problems(tmp_path, Budget(files=8))
    assert "more than 8 files" in found["a.zip"]


def test_time_that_is_up_is_told(tmp_path):
    written(tmp_path, {"tp.py": BOTH, "src/m.py": ONE})
    found = problems(tmp_path, Budget(seconds=-1))
    assert set(found) == {"tp.py", "src"}
    assert all("took more than" in problem for problem in found.values())


def test_zips_are_opened_to_a_bounded_depth(tmp_path):
    data = BOTH
    name = "tp.py"
    for _ in range(DEEPEST + 1):
        data, name = bytes_of_zip(tmp_path, {name: data}), "in.zip"
    (tmp_path / "in.zip").write_bytes(data)
    ((path, problem),) = problems(tmp_path).items()
    assert path == "/".join(["in.zip"] * (DEEPEST + 1))
    assert "one inside the other" in problem


def test_names_of_accents_alone_are_shown(tmp_path):
    """To compose all of them would take the square of their number."""
    accents = "\u0301" * 16_000 + "\u0327" * 16_000
    members = {f"{i}a{accents}.py": b"" for i in range(40)}
    found = listed(zipped(tmp_path / "a.zip", members))
    assert len({entry.name for entry in found}) == len(members)
    assert all(entry.suffix == ".py" for entry in found)
