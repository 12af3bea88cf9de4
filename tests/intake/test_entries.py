"""Archives are read, bounded, and never trusted with a path."""

import stat
import zipfile

import pytest
from handed_in import BOTH, NAMES, ONE, bytes_of_zip, found, written, zipped

from grader.errors import UsageError
from grader.intake.entries import DEEPEST
from grader.intake.submission import find


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.py",
        "/etc/evil.py",
        "a/../../evil.py",
        "..\\evil.py",
        "C:\\evil.py",
    ],
)
def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name  # past the checks of the constructor
        archive.writestr(info, ONE)
    with pytest.raises(UsageError, match="leads out of its folder"):
        find([path], NAMES)
    zipped(
        tmp_path / "class.zip",
        {"ada/all.zip": path.read_bytes(), "alan/tp.py": BOTH},
    )
    submissions = found(tmp_path / "class.zip")
    assert "leads out of its folder" in submissions["ada"].problem
    assert submissions["alan"].data == BOTH


def test_a_zip_bomb_costs_only_who_handed_it_in(tmp_path):
    bomb = bytes_of_zip(
        tmp_path, {f"{i}.py": bytes(60 << 20) for i in range(4)}
    )
    path = zipped(
        tmp_path / "class.zip", {"ada/bomb.zip": bomb, "alan/tp.py": BOTH}
    )
    submissions = found(path)
    assert "times its size" in submissions["ada"].problem
    assert submissions["alan"].problem is None


def test_zips_are_opened_to_a_bounded_depth(tmp_path):
    data = BOTH
    name = "tp.py"
    for _ in range(DEEPEST + 1):
        data, name = bytes_of_zip(tmp_path, {name: data}), "in.zip"
    path = zipped(
        tmp_path / "class.zip", {"ada/in.zip": data, "alan/tp.py": BOTH}
    )
    assert "deep" in found(path)["ada"].problem


def test_a_member_that_holds_more_than_it_says_is_cut_off(tmp_path):
    path = zipped(
        tmp_path / "class.zip", {"ada/tp.py": bytes(1000), "alan/tp.py": BOTH}
    )
    size = (1000).to_bytes(4, "little")
    path.write_bytes(
        path.read_bytes().replace(size, (10).to_bytes(4, "little"))
    )
    assert len(found(path)["ada"].held().data) <= 1000


def test_a_locked_zip_and_one_that_is_none_say_so(tmp_path):
    locked = bytearray(bytes_of_zip(tmp_path, {"tp.py": BOTH}))
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    path = zipped(
        tmp_path / "class.zip",
        {"ada/l.zip": bytes(locked), "alan/n.zip": b"no zip"},
    )
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
