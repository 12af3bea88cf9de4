"""The folder of a batch: one grade.json per submission, and the reports, which are views of these files."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unicodedata import normalize

from grader.errors import GraderFault, OutputError, UsageError
from grader.exercise import Exercise
from grader.intake import archives
from grader.intake.limits import Refused
from grader.notices import Notice
from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats.class_page import class_page
from grader.reports.formats.gradebook import gradebook
from grader.reports.formats.lms import moodle, moodle_feedback, moodle_folder
from grader.reports.views.overrides import Overrides, load_overrides
from grader.results import Fault, Result, from_json, to_json

GRADE = "grade.json"
CLASS_PAGE = "index.html"
OVERRIDES = "overrides.toml"
MOODLE_WORKSHEET = "moodle-worksheet.csv"
MOODLE_FEEDBACK = "moodle-feedback.zip"
_LONGEST_ID = 100  # characters that are told of an id

_UNFINISHED = ".part"  # of a file that is being written
# what concerns every file of a folder
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@dataclass(frozen=True)
class Formats:
    """The formats to write besides the pages: those of one submission's report, and those of a class."""

    each: tuple[str, ...] = ()
    of_class: tuple[str, ...] = ()

    @classmethod
    def named(cls, names: Iterable[str]) -> Formats:
        """The formats of these names. Raises UsageError for a name that no format has."""
        each = []
        of_class = []
        # a format that is named twice is written once
        for name in dict.fromkeys(names):
            if name in FORMATS:
                each.append(name)
            elif name in CLASS_FORMATS:
                of_class.append(name)
            else:
                known = ", ".join([*FORMATS, *CLASS_FORMATS])
                raise UsageError(
                    f"there is no format {name!r}; there are {known}."
                )
        return cls(tuple(each), tuple(of_class))


def names_of_class() -> list[str]:
    """The names of the files that a batch's folder may hold beside the submissions' own folders."""
    formats = [form.filename for form in CLASS_FORMATS.values()]
    return [CLASS_PAGE, OVERRIDES, MOODLE_WORKSHEET, MOODLE_FEEDBACK, *formats]


# -- grades ----------------------------------------------------------------------------------------------


def create(folder: Path) -> None:
    """Make the folder. Raises UsageError where it cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(
            f"{folder} is a file; give a folder for the grades."
        ) from error
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made: {error.strerror}."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(
            f"{folder} cannot be written to; give another folder for the grades."
        )


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone, and clear away what a killed one has left half written.

    Raises UsageError where another grader holds it.
    """
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        # not on Windows
        yield
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another grader is writing into {folder}; wait until it has ended, or give another folder."
            ) from None
        except OSError:
            # a file system without locks, as some over a network are
            pass
        _clear_unfinished(folder)
        yield
    finally:
        os.close(handle)


def _clear_unfinished(folder: Path) -> None:
    for pattern in (f".*{_UNFINISHED}", f"*/.*{_UNFINISHED}"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def write(
    folder: Path,
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    formats: Collection[str] = (),
) -> Result:
    """Write one submission's grade and its reports. Returns the result as it was written.

    Where its own files cannot be written, or a report cannot be made, the mark stands, and the result says
    so. Raises OutputError where the folder cannot be written to at all, UsageError where its manual marks
    cannot be used.
    """
    overrides = manual_marks(folder)
    result = _without_notices_of(result, "not-written", "no-report")
    try:
        save(folder, result)
    except OSError as error:
        check_writable(folder, error)
        return _noted(result, "not-written", error)
    try:
        render_one(folder, result, exercise, lang, formats, overrides)
    except UsageError:
        raise
    except Exception as error:
        if isinstance(error, OSError):
            check_writable(folder, error)
        result = _noted(result, "no-report", error)
        save(folder, result)
    return result


def _without_notices_of(result: Result, *kinds: str) -> Result:
    """The result without what an earlier run has noted."""
    notices = [each for each in result.notices if each.kind not in kinds]
    return replace(result, notices=tuple(notices))


def _noted(result: Result, kind: str, error: Exception) -> Result:
    """The result with a notice of this kind, and the fault for its developers."""
    reason = str(error)
    if isinstance(error, OSError):
        reason = error.strerror or reason
    notice = Notice(kind, {"reason": reason})
    fault = Fault.of("the writing of its files", error)
    return replace(
        result,
        notices=(*result.notices, notice),
        faults=(*result.faults, fault),
    )


def check_writable(folder: Path, error: OSError) -> None:
    """Raise OutputError where the error of writing one file is that of the whole folder."""
    if not folder.is_dir():
        raise OutputError(f"{folder} is not there any more.") from error
    reason = error
    if error.errno not in _OF_THE_DISK:
        try:
            # a file without a name, which leaves nothing behind
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"x" * 4096)
            return
        except OSError as of_probe:
            reason = of_probe
    raise OutputError(
        f"{folder} cannot be written to: {reason.strerror}."
    ) from error


def save(folder: Path, result: Result) -> None:
    """Write one submission's `grade.json`, whole or not at all. The folder must be there."""
    own = _own_folder(folder, result)
    # a batch's folder that has vanished is not made anew: what was in it is gone
    own.mkdir(exist_ok=True)
    write_atomically(own / GRADE, to_json(result))


def _own_folder(folder: Path, result: Result) -> Path:
    """The folder of a submission's grade and reports. Raises GraderFault for an id that leads elsewhere."""
    id_ = result.submission.id
    own = folder / id_
    leads_out = own.parent != folder or id_ in ("", ".", "..") or "\\" in id_
    if leads_out or own.is_symlink():
        raise GraderFault(
            f"{id_[:_LONGEST_ID]!r} is no id of a submission: it leads out of the folder of the grades"
        )
    return own


def load_one(folder: Path, id_: str) -> Result | None:
    """The result that the folder holds of one submission; None where there is none that can be read."""
    try:
        return _read(folder / id_)
    except (OSError, ValueError, Refused):
        return None


def load(folder: Path) -> list[Result]:
    """The results of a batch's folder. Raises UsageError where there are none or one cannot be read.

    What a `grade.json` says is a claim: it may come from anywhere. It is the result of the submission after
    which its folder is called, or of none.
    """
    results = []
    for own in sorted(folder.iterdir()):
        if not os.path.lexists(own / GRADE):
            continue
        try:
            results.append(_read(own))
        except (OSError, ValueError, Refused) as error:
            raise UsageError(
                f"{own / GRADE} cannot be read: {error}; grade that submission again."
            ) from error
    if not results:
        raise UsageError(
            f"{folder} holds no {GRADE}; give the folder that `grader grade --out` wrote."
        )
    return results


def _read(own: Path) -> Result:
    """The result in a submission's folder. Raises OSError, ValueError or Refused where there is none."""
    if own.is_symlink():
        # its reports would be written elsewhere
        raise ValueError(f"{own.name} is a symbolic link, not a folder")
    data = archives.read(own / GRADE, ())
    result = from_json(data.decode("utf-8"))
    id_ = result.submission.id
    if normalize("NFC", own.name) != normalize("NFC", id_):
        raise ValueError(
            f"it is of the submission {id_[:_LONGEST_ID]!r}, which belongs in a folder of that name"
        )
    return result


def manual_marks(folder: Path) -> Overrides:
    """The instructor's marks and comments in the folder's `overrides.toml`, if there are any.

    Raises UsageError where the file cannot be read.
    """
    path = folder / OVERRIDES
    if not path.is_file():
        return {}
    return load_overrides(path)


def check_manual_marks(folder: Path, exercise: Exercise) -> None:
    """Raise UsageError where the manual marks cannot be read or do not fit the exercise's functions."""
    path = folder / OVERRIDES
    for id_, manual in manual_marks(folder).items():
        for name, override in manual.items():
            function = exercise.functions.get(name)
            if function is None:
                raise UsageError(
                    f"{path}: [{id_}.{name}]: {exercise.name} has no function {name}."
                )
            if (
                override.points is not None
                and override.points > function.points
            ):
                raise UsageError(
                    f"{path}: [{id_}.{name}] gives {override.points:g} points of at most {function.points:g}."
                )


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` so that whoever looks finds the old file or the whole new one."""
    if isinstance(content, str):
        content = content.encode()
    # in the same folder: only there does `replace` put the whole file in place at once
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED
    )
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes a file that nobody else may read; a report is a file like any other
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


# -- reports ---------------------------------------------------------------------------------------------


def render_one(
    folder: Path,
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    formats: Collection[str] = (),
    overrides: Overrides | None = None,
) -> None:
    """Write the reports of one submission: the HTML page, and each further format."""
    manual = (overrides or {}).get(result.submission.id)
    for name in dict.fromkeys(("html", *formats)):
        form = FORMATS[name]
        text = form.render(result, exercise, lang, manual)
        write_atomically(_own_folder(folder, result) / form.filename, text)


def render_class(
    folder: Path,
    results: Sequence[Result],
    exercise: Exercise,
    lang: str = "en",
    progress: tuple[int, int] | None = None,
) -> None:
    """Write the class page and the gradebook. progress: how many are graded, of how many, if not all are."""
    overrides = manual_marks(folder)
    page = class_page(results, exercise, lang, progress, overrides)
    table = gradebook(results, overrides)
    _write_of_class(folder, CLASS_PAGE, page)
    _write_of_class(folder, CLASS_FORMATS["csv"].filename, table)


def export_class(
    folder: Path, results: Sequence[Result], formats: Iterable[str]
) -> None:
    """Write the class in further formats, such as a learning platform's."""
    overrides = manual_marks(folder)
    for name in formats:
        form = CLASS_FORMATS[name]
        text = form.render(results, overrides)
        _write_of_class(folder, form.filename, text)


def _write_of_class(folder: Path, name: str, text: str) -> None:
    try:
        write_atomically(folder / name, text)
    except OSError as error:
        check_writable(folder, error)
        raise OutputError(
            f"{folder / name} cannot be written: {error.strerror}."
        ) from error


def render(
    folder: Path,
    results: Sequence[Result],
    exercise: Exercise,
    lang: str = "en",
    formats: Formats = Formats(),
) -> None:
    """Write everything again: each submission's reports, the class page, the gradebook, the exports."""
    overrides = manual_marks(folder)
    for result in results:
        render_one(folder, result, exercise, lang, formats.each, overrides)
    render_class(folder, results, exercise, lang)
    export_class(folder, results, formats.of_class)


# -- Moodle ----------------------------------------------------------------------------------------------


def fill_moodle_worksheet(
    folder: Path, worksheet: Path, results: Sequence[Result]
) -> tuple[str, ...]:
    """Fill in the grading worksheet that Moodle gave, and write it into the folder.

    Returns the ids of the submissions that have no row in it. Raises UsageError where it is no worksheet.
    """
    try:
        # Excel may have saved it, which puts a byte-order mark at its top
        text = worksheet.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{worksheet} cannot be read: {error}") from error
    filled, unmatched = moodle(text, results, manual_marks(folder))
    write_atomically(folder / MOODLE_WORKSHEET, filled)
    return unmatched


def zip_moodle_feedback(folder: Path, results: Iterable[Result]) -> None:
    """Write the zip of reports that Moodle hands back to its students."""
    pages = {}
    for result in results:
        download = moodle_folder(result)
        if download is not None:
            own = _own_folder(folder, result)
            report = own / FORMATS["html"].filename
            pages[download] = report.read_text(encoding="utf-8")
    write_atomically(folder / MOODLE_FEEDBACK, moodle_feedback(pages))
