"""The command line: arguments in, exit codes out."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader import evaluation, results
from grader.errors import GraderError, GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import batch, output, pools, progress
from grader.grading.session import Session
from grader.intake import submission
from grader.intake.roster import Person, Roster, read_roster
from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats import terminal
from grader.reports.text import neutral
from grader.sandbox.walls.doctor import run as examine_machine

BELOW, UNUSABLE, FAULT, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    help="Grades backpropagation written by hand, and names the mistake behind each wrong number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Shape(str, Enum):
    """How `check` shows a result."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    TEXT = "text"
    JSON = "json"


ExerciseOption = Annotated[
    str, typer.Option("--exercise", help="A folder of reference/, or the path of one.")
]
ProfileOption = Annotated[str, typer.Option("--profile", help="quick, or full: the hand-out's own numbers.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Inputs are drawn from it.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="A folder with MNIST's IDX files.")]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Processes; one a core where not given.")
]
IsolationOption = Annotated[
    str, typer.Option("--require-isolation", help="Refuse to run where less is enforced; see `doctor`.")
]
LangOption = Annotated[str, typer.Option("--lang", help="The reports' language: en, fr.")]


@app.command()
def grade(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, folders, or the zip of Moodle or Canvas.")
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="Where grades and reports go.")] = Path("grades"),
    exercise: ExerciseOption = "practical3",
    profile: ProfileOption = "quick",
    jobs: JobsOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Inputs are drawn from it; a new one each time if not given.")
    ] = None,
    data: DataOption = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Grade on a Dask cluster: tcp://HOST:PORT.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option("--roster", help="A CSV of the students: gives names, and who is missing.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what has not changed.")] = False,
    require_isolation: IsolationOption = "none",
    lang: LangOption = "en",
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"One of {', '.join([*FORMATS, *CLASS_FORMATS])}; may be repeated."),
    ] = None,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", help="Exit with 1 where a score is lower.")
    ] = None,
) -> None:
    """Grade submissions: marks, a report each, and a page about the class.

    What was graded before and has not changed is kept; after an interruption the same command goes on.
    """
    chosen = Exercise.load(exercise)
    students = read_roster(roster) if roster else Roster(())
    found = submission.find(paths, chosen.functions, leave_out=out_folder, support=chosen.prologues())
    plan = batch.Plan(
        submissions=students.named(found),
        exercise=chosen,
        folder=out_folder,
        profile=profile,
        seed=seed,
        data=data,
        lang=lang,
        formats=tuple(formats or ()),
        force=force,
        jobs=jobs or pools.cores(),
        scheduler=scheduler,
        require_isolation=require_isolation,
    )
    graded = batch.run(plan, progress.watcher(out))
    terminal.show_summary(graded.results, chosen, out, lang, output.manual_marks(out_folder))
    _tell(out_folder, graded, students.missing(found))
    if graded.faults:
        raise typer.Exit(FAULT)
    if fail_under is not None and any(result.score < fail_under for result in graded.results):
        raise typer.Exit(BELOW)


def _tell(folder: Path, graded: batch.Graded, missing: Sequence[Person]) -> None:
    """Say what a batch has come to, beside its marks."""
    if missing:
        names = ", ".join(neutral.one_line(person.name or person.id) for person in missing)
        out.print(f"\nNothing was handed in by {len(missing)}: {names}", markup=False)
    if graded.kept:
        out.print(f"\n{graded.kept} unchanged, kept from before; --force grades them again.", markup=False)
    for id_, why in graded.faults.items():
        err.print(
            f"grader failed on {neutral.one_line(id_)}: {neutral.terminal(why)}", markup=False, style="red"
        )
    out.print(f"\nReports: {folder / 'index.html'}", markup=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Your .py or .ipynb file.")],
    exercise: ExerciseOption = "practical3",
    profile: ProfileOption = "quick",
    seed: SeedOption = 0,
    data: DataOption = None,
    require_isolation: IsolationOption = "none",
    lang: LangOption = "en",
    shape: Annotated[Shape, typer.Option("--format", help="How the result is shown.")] = Shape.TERMINAL,
    fail_under: Annotated[
        float | None, typer.Option("--fail-under", help="Exit with 1 where the score is lower.")
    ] = None,
) -> None:
    """Check your own file before you hand it in: the same checks, read in a terminal."""
    chosen = Exercise.load(exercise)
    if not file.is_file():
        raise UsageError(f"{file} is not a file; give the .py or .ipynb file that you would hand in.")
    (one,) = submission.find([file], chosen.functions)
    settings = str(data.resolve()) if data else None
    with Session(chosen, profile, seed, settings, require_isolation, tell=_say) as session:
        result = session.grade(one)
    if shape is Shape.TERMINAL:
        terminal.show(result, chosen, out, lang)
    elif shape is Shape.JSON:
        sys.stdout.write(results.to_json(result))
    else:
        sys.stdout.write(FORMATS[shape.value].render(result, chosen, lang))
    if fail_under is not None and result.score < fail_under:
        raise typer.Exit(BELOW)


def _say(sentence: str) -> None:
    """Beside the output, which may go into a file."""
    typer.echo(sentence, err=True)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `grader grade` wrote.")],
    lang: LangOption = "en",
    formats: Annotated[
        list[str] | None, typer.Option("--format", help=f"One of {', '.join(FORMATS)}; may be repeated.")
    ] = None,
) -> None:
    """Render the reports again from the grade.json files, with the manual marks of DIR/overrides.toml."""
    graded = output.load(folder)
    output.render(folder, graded, Exercise.load(graded[0].exercise), lang, tuple(formats or ()))
    out.print(f"{len(graded)} reports: {folder / 'index.html'}", markup=False)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Submissions with a labels.toml.")],
    exercise: ExerciseOption = "practical3",
    profile: ProfileOption = "quick",
    jobs: JobsOption = None,
    seed: SeedOption = 0,
) -> None:
    """Measure the grader on submissions whose mistakes are known."""
    chosen = Exercise.load(exercise)
    labels = evaluation.read_labels(folder)
    found = submission.find([folder], chosen.functions)
    with tempfile.TemporaryDirectory() as temporary:
        plan = batch.Plan(
            found, chosen, Path(temporary), profile=profile, seed=seed, jobs=jobs or pools.cores()
        )
        graded = batch.run(plan, progress.watcher(err))
    evaluation.show(evaluation.evaluate(labels, graded.results), out)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
) -> None:
    """What isolation this machine enforces, layer by layer, tried for real, and what to do about the rest."""
    raise typer.Exit(examine_machine(out, as_json))


@app.command()
def misconceptions(exercise: ExerciseOption = "practical3") -> None:
    """The catalogue: every mistake that grader can name."""
    for note in Exercise.load(exercise).notes().values():
        out.print(f"{note.function:14} {note.id:32} {note.title}", markup=False, soft_wrap=True)


def main() -> None:
    """The `grader` command."""
    _run(app)


def _run(command: Callable[..., Any]) -> None:
    try:
        command()
    except batch.Stopped as stopped:
        err.print(f"\n{stopped}", markup=False)
        sys.exit(INTERRUPTED)
    except GraderFault as error:
        err.print(f"grader failed: {error}", markup=False, style="red")
        sys.exit(FAULT)
    except GraderError as error:
        err.print(str(error), markup=False, style="red")
        sys.exit(UNUSABLE)
