"""What is handed in, for tests: files, folders and zips of two functions."""

import struct
import zipfile

from grader.intake.submission import find

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


def directory_of_zip(count, name=b"a.py", size=0):
    """A zip that has so many members in its directory, and nothing else."""
    entry = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, 0, 0, size, len(name), 0, 0, 0, 0, 0, 0
    )  # fmt: skip
    entries = (entry + name) * count
    length = len(entries)
    if count < 1 << 16:
        end = struct.pack(
            "<IHHHHIIH", 0x06054B50, 0, 0, count, count, length, 0, 0
        )
        return entries + end
    end = struct.pack(
        "<IQHHIIQQQQ", 0x06064B50, 44, 20, 20, 0, 0, count, count, length, 0
    )
    end += struct.pack("<IIQI", 0x07064B50, 0, length, 1)
    end += struct.pack(
        "<IHHHHIIH",
        0x06054B50,
        0,
        0,
        0xFFFF,
        0xFFFF,
        0xFFFFFFFF,
        0xFFFFFFFF,
        0,
    )
    return entries + end


def written(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def found(path, **options):
    return {one.id: one for one in find([path], NAMES, **options)}
