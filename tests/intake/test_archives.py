"""A zip costs what its directory says, and whatever is wrong with it is one clause for its owner."""

import bz2
import contextlib
import io
import os
import struct
import zipfile

import pytest
from handed_in import BOTH, bytes_of_zip, directory_of_zip, zipped
from hypothesis import given
from hypothesis import strategies as st

from grader.intake import archives
from grader.intake.limits import DEEPEST, LARGEST, Refused


def test_the_members_are_counted_before_they_are_read(tmp_path):
    path = tmp_path / "many.zip"
    path.write_bytes(directory_of_zip(200_000))
    with pytest.raises(Refused, match="more files than"):
        archives.members_of(path, (), 1000)
    path.write_bytes(directory_of_zip(1000))
    assert len(archives.members_of(path, (), 1000)) == 1000


def test_an_entry_that_takes_long_to_read_is_not_read(tmp_path):
    """zipfile's time for 64 KB of extra fields is that of a thousand files."""
    path = tmp_path / "slow.zip"
    for size, refused in ((400, False), (404, True)):
        info = zipfile.ZipInfo("tp.py")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("first.py", "1")
            archive.writestr(info, "1")
            # of the directory only
            info.extra = bytes(4) * (size // 4)
        try:
            assert len(archives.members_of(path, (), 10)) == 2
        except Refused as refusal:
            assert refused
            assert "extra fields" in str(refusal)
        else:
            assert not refused
        path.unlink()


def test_zips_are_opened_to_a_bounded_depth(tmp_path):
    data = BOTH
    for depth in range(DEEPEST + 1):
        data = bytes_of_zip(tmp_path, {"in.zip" if depth else "tp.py": data})
    path = tmp_path / "out.zip"
    path.write_bytes(data)
    inside = (0,) * (DEEPEST - 1)
    assert len(archives.members_of(path, inside, 10)) == 1
    with pytest.raises(Refused, match=f"in {DEEPEST} zips"):
        archives.members_of(path, (*inside, 0), 10)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (zipfile.ZIP_BZIP2, "bzip2"),
        (zipfile.ZIP_LZMA, "LZMA"),
        (99, "unknown"),
    ],
)
def test_what_unpacks_without_a_bound_is_not_unpacked(tmp_path, method, name):
    """bzip2 makes 100 MB of 100 bytes, and zipfile would hold all of it before it looks at its size."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("tp.py", bz2.compress(bytes(1000)))
    data = path.read_bytes()
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = data.rindex(signature) + offset
        data = data[:at] + struct.pack("<H", method) + data[at + 2 :]
    path.write_bytes(data)
    with pytest.raises(Refused, match=f"{name}.*with the usual Deflate"):
        archives.read(path, (0,))


def test_no_more_is_unpacked_than_was_announced(tmp_path):
    path = zipped(tmp_path / "a.zip", {"tp.py": bytes(1000)})
    size = (1000).to_bytes(4, "little")
    path.write_bytes(
        path.read_bytes().replace(size, (10).to_bytes(4, "little"))
    )
    with contextlib.suppress(Refused):
        assert len(archives.read(path, (0,))) <= 10


def test_a_locked_member_says_so(tmp_path):
    locked = bytearray(bytes_of_zip(tmp_path, {"tp.py": BOTH}))
    locked[6] |= 1
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "l.zip").write_bytes(locked)
    with pytest.raises(Refused, match="locked with a password"):
        archives.read(tmp_path / "l.zip", (0,))


@pytest.mark.parametrize(
    "make", ["link", "pipe", "folder", "nothing", "device"]
)
def test_only_an_ordinary_file_is_opened(tmp_path, make):
    path = tmp_path / "tp.py"
    if make == "link":
        (tmp_path / "secret").write_bytes(BOTH)
        path.symlink_to(tmp_path / "secret")
    elif make == "pipe":
        os.mkfifo(path)
    elif make == "folder":
        path.mkdir()
    elif make == "device":
        path = tmp_path / "../../../dev/zero"
    with pytest.raises(Refused):
        archives.read(path, ())


def test_a_file_that_grew_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "tp.py"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(Refused, match="larger than 64 MB"):
        archives.read(path, ())


def test_a_zip_that_has_changed_is_opened_anew(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a.py": b"1", "b.py": b"2"})
    assert archives.read(path, (1,)) == b"2"
    zipped(path, {"a.py": b"3"})
    os.utime(path, (5, 5))
    assert archives.read(path, (0,)) == b"3"
    with pytest.raises(Refused, match="cannot be read"):
        archives.read(path, (1,))
    path.unlink()
    with pytest.raises(Refused, match="No such file"):
        archives.read(path, (0,))


@st.composite
def spoilt_zips(draw):
    """The bytes of a zip, some of them changed, cut off or put elsewhere."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in draw(
            st.lists(st.text(max_size=9), max_size=4, unique=True)
        ):
            with contextlib.suppress(ValueError, IndexError):
                archive.writestr(name, draw(st.binary(max_size=40)))
    data = bytearray(file.getvalue())
    positions = st.integers(0, len(data) - 1)
    for _ in range(draw(st.integers(0, 6))):
        data[draw(positions)] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        start, stop = sorted((draw(positions), draw(positions)))
        del data[start:stop]
    return bytes(data)


@given(data=st.one_of(st.binary(max_size=200), spoilt_zips()))
def test_any_bytes_are_read_or_refused(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("spoilt") / "a.zip"
    path.write_bytes(data)
    with contextlib.suppress(Refused):
        for position, info in enumerate(archives.members_of(path, (), 100)):
            assert isinstance(archives.name_of(info), str)
            with contextlib.suppress(Refused):
                archives.read(path, (position,))
