"""This grader beside others, on the same work in one run: one command, one table.

    python benchmarks/peers.py [--rounds 5] [--environments DIR]

The work is every call that grading the sample submission makes of it, recorded once and made again by each
contender: in one warm process without any grader, in a fresh pytest, by otter-grader and by nbgrader, each a
process a submission as their users run them. This grader does its checks, diagnosis and report besides. What
is left when the bare work is taken out is the grader's own cost. Contenders take turns; medians over the
rounds, ratios of the medians.

otter-grader and nbgrader get a virtual environment each, made here and kept in DIR if given, with this
environment's packages, torch above all, at the end of its path. One that cannot be installed is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat.v4 as nb
import torch
from overhead import SAMPLE, recorded, replayed, timed
from rich import box
from rich.console import Console
from rich.table import Table

from grader.exercise import Exercise
from grader.grading import output
from grader.grading.session import Session
from grader.intake import submission

WORK = """import torch
for function, arguments in torch.load({path!r}):
    globals()[function](*arguments)
open({path!r} + ".done", "w").close()
"""
CONFIG = """# ASSIGNMENT CONFIG
init_cell: false
check_all_cell: false
export_cell: false
tests: {ok_format: false}"""
OTTER_TEST = """def test_work(env):
    import torch
    for function, arguments in torch.load({path!r}):
        env[function](*arguments)
    open({path!r} + ".done", "w").close()
test_work(globals())"""


class Skipped(Exception):
    """A contender that cannot run here; the text says why."""


def ran(command: list[str], folder: Path, expect: str = "") -> None:
    """Run a command to its end. Raises Skipped where it fails or does not say what it should."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment["PATH"] = (
        f"{Path(command[0]).parent}{os.pathsep}{environment['PATH']}"
    )
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    if done.returncode or expect not in said:
        raise Skipped(
            f"`{' '.join(command[1:4])}` failed: {said.strip()[-600:]}"
        )


def environment(folder: Path, *packages: str) -> Path:
    """The folder of programs of a virtual environment with these packages. Raises Skipped."""
    programs = folder / "bin"
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True, clear=True)
        library = next((folder / "lib").glob("python3*")) / "site-packages"
        (library / "zz-shared.pth").write_text(
            str(Path(torch.__file__).parents[1]) + "\n"
        )
        ran(
            [
                str(programs / "python"),
                "-m",
                "pip",
                "install",
                "-q",
                *packages,
            ],
            folder,
        )
        (folder / "made").touch()
    return programs


def pytest_cold(folder: Path, calls: Path) -> Callable[[], None]:
    """A pytest of its own for each submission."""
    body = WORK.format(path=str(calls)).replace("\n", "\n    ")
    (folder / "test_work.py").write_text(
        f"from submission import *\n\n\ndef test_work():\n    {body}\n"
    )
    (folder / "submission.py").write_text(SAMPLE.read_text(encoding="utf-8"))
    return lambda: ran(
        [sys.executable, "-m", "pytest", "-q", str(folder)], folder, "1 passed"
    )


def otter(folder: Path, calls: Path, environments: Path) -> Callable[[], None]:
    """`otter run` on a notebook."""
    programs = environment(
        environments / "otter", "otter-grader==7.*", "ipykernel"
    )
    source = SAMPLE.read_text(encoding="utf-8")
    cells = [
        nb.new_raw_cell(CONFIG),
        nb.new_raw_cell("# BEGIN QUESTION\nname: q1\npoints: 1"),
        nb.new_raw_cell("# BEGIN SOLUTION"),
        nb.new_code_cell(source),
        nb.new_raw_cell("# END SOLUTION"),
        nb.new_raw_cell("# BEGIN TESTS"),
        nb.new_code_cell(OTTER_TEST.format(path=str(calls))),
        nb.new_raw_cell("# END TESTS"),
        nb.new_raw_cell("# END QUESTION"),
    ]
    notebook(folder / "master.ipynb", cells)
    ran(
        [
            str(programs / "otter"),
            "assign",
            "--no-run-tests",
            "master.ipynb",
            "dist",
        ],
        folder,
    )
    (archive,) = (folder / "dist").rglob("*.zip")
    notebook(folder / "submission.ipynb", [nb.new_code_cell(source)])
    return lambda: ran(
        [
            str(programs / "otter"),
            "run",
            "-a",
            str(archive),
            "submission.ipynb",
        ],
        folder,
    )


def nbgrader(
    folder: Path, calls: Path, environments: Path
) -> Callable[[], None]:
    """`nbgrader autograde` of one student."""
    programs = environment(
        environments / "nbgrader", "nbgrader==0.9.*", "ipykernel"
    )
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'bench'\n"
    )
    solution = nb.new_code_cell(SAMPLE.read_text(encoding="utf-8"))
    test = nb.new_code_cell(WORK.format(path=str(calls)))
    solution.metadata["nbgrader"] = marked("solution", solution=True)
    test.metadata["nbgrader"] = marked(
        "test", grade=True, locked=True, points=1
    )
    (folder / "source" / "ps").mkdir(parents=True)
    notebook(folder / "source" / "ps" / "work.ipynb", [solution, test])
    ran([str(programs / "nbgrader"), "generate_assignment", "ps"], folder)
    (folder / "submitted" / "ada" / "ps").mkdir(parents=True)
    notebook(
        folder / "submitted" / "ada" / "ps" / "work.ipynb", [solution, test]
    )
    return lambda: ran(
        [
            str(programs / "nbgrader"),
            "autograde",
            "ps",
            "--student",
            "ada",
            "--force",
        ],
        folder,
    )


def marked(id_: str, **what: Any) -> dict[str, Any]:
    """A cell's nbgrader metadata."""
    plain = {
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "schema_version": 3,
    }
    return {**plain, "grade_id": id_, "cell_type": "code", **what}


def notebook(path: Path, cells: list[Any]) -> None:
    """Write a notebook for the kernel that every environment has."""
    kernel = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    path.write_text(
        json.dumps(nb.new_notebook(cells=cells, metadata=kernel)),
        encoding="utf-8",
    )


def contenders(
    session: Session, folder: Path, environments: Path
) -> tuple[dict[str, Callable[[], Any]], dict[str, str]]:
    """What each does with one submission, made ready; and why some are skipped."""
    one = submission.from_file(SAMPLE)
    calls = recorded(session, one)
    path = folder / "calls.pt"
    torch.save(calls, path)

    output.create(folder / "out")

    def ours() -> None:
        result = session.grade(one)
        output.write(folder / "out", result, session.exercise)

    ready: dict[str, Callable[[], Any]] = {
        "the bare work, one warm process": replayed(calls),
        "this grader": ours,
    }
    skipped: dict[str, str] = {}
    for name, make in (
        ("pytest, cold", lambda own: pytest_cold(own, path)),
        ("nbgrader", lambda own: nbgrader(own, path, environments)),
        ("otter-grader", lambda own: otter(own, path, environments)),
    ):
        own, done = (
            folder / name.split(",")[0],
            path.with_name("calls.pt.done"),
        )
        own.mkdir()
        try:
            work = make(own)
            work()  # once for what is compiled or cached
            done.unlink()  # FileNotFoundError where the work was not done to its end
            ready[name] = work
        except (Skipped, OSError, ValueError) as error:
            skipped[name] = str(error)
    return ready, skipped


def main() -> None:
    """Let them take turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--environments",
        type=Path,
        help="where the peers' virtual environments are kept",
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    with (
        tempfile.TemporaryDirectory() as temporary,
        Session(Exercise.load("practical3"), seed=1) as session,
    ):
        session.prepare()
        folder = Path(temporary)
        environments = (
            options.environments or folder / "environments"
        ).resolve()
        ready, skipped = contenders(session, folder, environments)
        seconds: dict[str, list[float]] = {name: [] for name in ready}
        for _ in range(options.rounds):
            for name, work in ready.items():
                seconds[name].append(timed(work))
    show(
        {name: statistics.median(times) for name, times in seconds.items()},
        skipped,
        options.rounds,
    )


def show(
    medians: dict[str, float], skipped: dict[str, str], rounds: int
) -> None:
    """Print the table; ratios are to this grader: of all the time, and of the cost beyond the bare work."""
    bare = medians["the bare work, one warm process"]
    ours = medians["this grader"]
    title = f"One submission, medians of {rounds} rounds, {time.strftime('%Y-%m-%d')}"
    table = Table(
        "",
        "s",
        "ratio",
        "s beyond the work",
        "ratio",
        box=box.SIMPLE,
        title=title,
    )
    for name, each in medians.items():
        beyond = (
            [f"{each - bare:.3f}", f"{(each - bare) / (ours - bare):.1f}"]
            if name != next(iter(medians))
            else ["", ""]
        )
        table.add_row(name, f"{each:.3f}", f"{each / ours:.1f}", *beyond)
    console = Console()
    console.print(table)
    for name, why in skipped.items():
        console.print(f"{name} was skipped: {why}", markup=False)


if __name__ == "__main__":
    main()
