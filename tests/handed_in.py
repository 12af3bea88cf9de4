"""What is handed in, for tests: files, folders and zips of two functions."""

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


def written(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def found(path, **options):
    return {one.id: one for one in find([path], NAMES, **options)}
