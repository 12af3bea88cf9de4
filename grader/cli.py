"""The command line: arguments in, exit codes out.

Whatever is wrong with the arguments is said before anything is graded.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader import evaluation
from grader.checking.runner import Checks
from grader.errors import ExerciseError, GraderError, GraderFault, UsageError
from grader.exercise import Exercise
from grader.exercise.snippets import snippets_of
from grader.exercise.tables import suggestion
from grader.grading import batch, output, pools, progress
from grader.grading.output import Formats
from grader.grading.session import Session, check_profile, new_seed
from grader.intake import submission
from grader.intake.roster import Person, Roster, read_roster
from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats import terminal
from grader.reports.formats.lms import not_in_canvas
from grader.reports.formats.mistake import page_of
from grader.reports.text import formula, language, neutral
from grader.reports.text.words import Words
from grader.reports.views.overrides import unused_overrides
from grader.results import Result, to_json
from grader.sandbox.walls import doctor

# Exit codes, as README.md lists them.
BELOW = 1  # a score is lower than --fail-under
UNUSABLE = (
    2  # arguments or inputs that cannot be used, or too little isolation
)
FAULT = 3  # grader itself failed
INTERRUPTED = 130

app = typer.Typer(
    help="Grade backpropagation written by hand, and name the mistake behind each wrong number.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
exercise_app = typer.Typer(
    help="Tools for authors of exercises.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(exercise_app, name="exercise")

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


@dataclass
class _Global:
    """The options that stand before the command."""

    debug: bool = False


_global = _Global()


@app.callback()
def global_options(
    debug: Annotated[
        bool, typer.Option("--debug", hidden=True, help="Show tracebacks.")
    ] = False,
) -> None:
    """Grade backpropagation written by hand, and name the mistake behind each wrong number."""
    _global.debug = debug


class Shape(str, Enum):
    """How `check` shows a result."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    TEXT = "text"
    JSON = "json"


_ALL_FORMATS = ", ".join([*FORMATS, *CLASS_FORMATS])

ExerciseOption = Annotated[
    str,
    typer.Option(
        "--exercise",
        help="The name of an included exercise, or the path of a folder.",
    ),
]
ProfileOption = Annotated[
    str,
    typer.Option(
        "--profile",
        help="quick; or full, which trains with the numbers of the hand-out.",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="The seed of the random inputs.")
]
NewSeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        help="The seed of the random inputs; by default a new one.",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        exists=True,
        file_okay=False,
        help="A folder with MNIST's IDX files, to use as the data set.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        help="How many processes; by default one per core.",
    ),
]
IsolationOption = Annotated[
    str,
    typer.Option(
        "--require-isolation",
        metavar="LEVEL",
        help="Refuse to run below this level: limits, default or best; see `grader doctor`.",
    ),
]
LangOption = Annotated[
    str,
    typer.Option(
        "--lang",
        help=f"The language of the reports: {', '.join(language.languages())}.",
    ),
]
FormatsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help=f"Also write this format: {_ALL_FORMATS}. May be repeated.",
    ),
]


@app.command()
def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Files, folders, or the zip that Moodle or Canvas gives.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The folder for grades and reports.")
    ] = Path("grades"),
    exercise: ExerciseOption = "practical3",
    profile: ProfileOption = "quick",
    jobs: JobsOption = None,
    seed: NewSeedOption = None,
    data: DataOption = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", help="Grade on a Dask cluster: tcp://HOST:PORT."
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            "--roster",
            exists=True,
            dir_okay=False,
            help="A CSV of the students, for names and who is missing.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also grade again what has not changed."),
    ] = False,
    require_isolation: IsolationOption = "none",
    lang: LangOption = "en",
    formats: FormatsOption = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under", help="Exit with 1 if any score is lower than this."
        ),
    ] = None,
) -> None:
    """Grade submissions, and write a report for each.

    Also writes a page about the class. Submissions that have not changed keep their grades; after an
    interruption, run the same command again.
    """
    chosen = _exercise(exercise, profile, lang, fail_under)
    students = Roster(())
    if roster:
        students = read_roster(roster)
    # the folder for the reports may lie within that of the submissions
    found = submission.find(
        paths,
        chosen.functions,
        leave_out=out,
        support=chosen.prologues(),
        reserved=output.names_of_class(),
    )
    plan = batch.Plan(
        submissions=students.named(found),
        exercise=chosen,
        folder=out,
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
    graded = batch.run(plan, progress.watcher(stdout))
    terminal.show_summary(
        graded.results, chosen, stdout, lang, output.manual_marks(out)
    )
    _say_who_is_missing(students.missing(found))
    _say_what_is_not_graded(
        submission.set_aside(paths, out, chosen.prologues())
    )
    if graded.kept:
        stdout.print(
            f"\n{graded.kept} unchanged and kept; --force grades them again.",
            markup=False,
        )
    _say_unused_overrides(out, graded.results)
    _say_not_in_canvas(formats, graded.results)
    _say_faults(graded)
    stdout.print(
        f"\nReports: {out / output.CLASS_PAGE}", markup=False, soft_wrap=True
    )
    if graded.faults:
        raise typer.Exit(FAULT)
    _fail_under(fail_under, graded.results)


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="Your .py or .ipynb file.",
            metavar="FILE",
        ),
    ],
    shape: Annotated[
        Shape, typer.Option("--format", help="How to show the result.")
    ] = Shape.TERMINAL,
    lang: LangOption = "en",
    profile: ProfileOption = "quick",
    exercise: ExerciseOption = "practical3",
    seed: NewSeedOption = None,
    data: DataOption = None,
    require_isolation: IsolationOption = "none",
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under", help="Exit with 1 if the score is lower than this."
        ),
    ] = None,
) -> None:
    """Check your own file before you hand it in.

    Shows your marks, what is wrong, and what to do first. The checks are those that your instructor runs.
    """
    chosen = _exercise(exercise, profile, lang, fail_under)
    if file.suffix.lower() not in submission.SUFFIXES:
        raise UsageError(
            f"{file} is not a .py or .ipynb file; give the one that you would hand in."
        )
    mine = submission.from_file(file, with_modules=True)
    folder = None
    if data:
        folder = str(data.resolve())
    with Session(
        chosen,
        profile,
        new_seed() if seed is None else seed,
        folder,
        require_isolation,
        on_slow_run=_say_aside,
    ) as session:
        result = session.grade(mine)
    if shape is Shape.TERMINAL:
        terminal.show(result, chosen, stdout, lang)
    elif shape is Shape.JSON:
        sys.stdout.write(neutral.json_without_commands(to_json(result)))
    else:
        sys.stdout.write(FORMATS[shape.value].render(result, chosen, lang))
    _fail_under(fail_under, [result])


@app.command()
def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="What `grader grade` wrote.",
        ),
    ],
    lang: LangOption = "en",
    formats: FormatsOption = None,
    exercise: Annotated[
        str | None,
        typer.Option(
            "--exercise",
            help="The exercise; by default the one that the grades name.",
        ),
    ] = None,
    moodle_worksheet: Annotated[
        Path | None,
        typer.Option(
            "--moodle-worksheet",
            exists=True,
            dir_okay=False,
            help="Moodle's grading worksheet: fill it in, and zip the reports as feedback files.",
        ),
    ] = None,
) -> None:
    """Write the reports again, with your manual marks.

    Reads the grade.json files in DIR, and your own marks and comments in DIR/overrides.toml.
    """
    chosen_formats = Formats.named(formats or ())
    language.translations(lang)
    results = output.load(folder)
    chosen = (
        Exercise.load(exercise) if exercise else _graded_exercise(results[0])
    )
    output.check_manual_marks(folder, chosen)
    # first, as it fails where the file is no worksheet: then nothing has been written
    unmatched: Sequence[str] = ()
    if moodle_worksheet:
        unmatched = output.fill_moodle_worksheet(
            folder, moodle_worksheet, results
        )
    output.render(folder, results, chosen, lang, chosen_formats)
    stdout.print(
        f"Reports of {len(results)}: {folder / output.CLASS_PAGE}",
        markup=False,
        soft_wrap=True,
    )
    if moodle_worksheet:
        output.zip_moodle_feedback(folder, results)
        for name in (output.MOODLE_WORKSHEET, output.MOODLE_FEEDBACK):
            stdout.print(
                f"For Moodle: {folder / name}", markup=False, soft_wrap=True
            )
    if unmatched:
        _warn(f"The worksheet has no row for {_listed(unmatched)}.")
    _say_unused_overrides(folder, results)
    _say_not_in_canvas(formats, results)


@app.command()
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Submissions, and a labels.toml beside them.",
        ),
    ],
    exercise: ExerciseOption = "practical3",
    profile: ProfileOption = "quick",
    jobs: JobsOption = None,
    seed: SeedOption = 0,
) -> None:
    """Measure grader on submissions with known mistakes."""
    chosen = _exercise(exercise, profile)
    found = submission.find([folder], chosen.functions)
    labels = evaluation.read_labels(folder, chosen, found)
    with tempfile.TemporaryDirectory() as temporary:
        plan = batch.Plan(
            found,
            chosen,
            Path(temporary),
            profile=profile,
            seed=seed,
            jobs=jobs or pools.cores(),
        )
        graded = batch.run(plan, progress.watcher(stderr))
    measured = evaluation.evaluate(labels, graded.results)
    evaluation.show(measured, stdout)
    _say_faults(graded)
    if graded.faults:
        raise typer.Exit(FAULT)


@app.command("doctor")
def examine_machine(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, for a program.")
    ] = False,
) -> None:
    """Show how well this machine isolates students' code.

    Tries every layer of the sandbox, and says what to do about those that do not work here. Exits with 2 if
    the code of strangers should not be graded on this machine.
    """
    if doctor.run(stdout, as_json) != 0:
        raise typer.Exit(UNUSABLE)


@app.command()
def misconceptions(exercise: ExerciseOption = "practical3") -> None:
    """List the mistakes that grader can name."""
    for note in Exercise.load(exercise).notes().values():
        stdout.print(
            f"{note.function:14} {note.id:32} {note.title}",
            markup=False,
            soft_wrap=True,
        )


@app.command("explain")
def explain_mistake(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A mistake, as `grader misconceptions` lists it.",
        ),
    ],
    exercise: ExerciseOption = "practical3",
    lang: LangOption = "en",
) -> None:
    """Show what grader says of a mistake, with an example."""
    language.translations(lang)
    chosen = Exercise.load(exercise)
    notes = chosen.notes(lang)
    if identifier not in notes:
        near = suggestion(identifier, notes)
        raise UsageError(f"there is no mistake {identifier!r}; {near}")
    words = Words(chosen, lang)
    for line in page_of(
        notes[identifier], snippets_of(chosen, identifier), words
    ):
        stdout.print(line, markup=False, soft_wrap=True)


@exercise_app.callback()
def exercise_tools() -> None:
    """Tools for authors of exercises."""


@exercise_app.command("check")
def check_exercise(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="The exercise's folder, or its name."
        ),
    ],
) -> None:
    """Check an exercise's folder, and say what to correct where."""
    chosen = Exercise.load(folder)
    chosen.check_python()
    _check_formulas(chosen)
    Checks(chosen).close()
    counts = f"{len(chosen.functions)} functions, {chosen.max_score:g} points, {len(chosen.notes())} mistakes"
    stdout.print(
        f"{chosen.name}: {counts}. No problem was found.",
        markup=False,
        soft_wrap=True,
    )


def _check_formulas(exercise: Exercise) -> None:
    """Raise ExerciseError where a note has a formula that reports cannot set."""
    faults = []
    for lang in ("en", *exercise.translations):
        for note in exercise.notes(lang).values():
            for text in (note.title, note.note, note.hint):
                for fault in formula.faults(text):
                    faults.append(
                        f"{exercise.folder}: [{note.id}] in {lang}: {fault}"
                    )
    if faults:
        raise ExerciseError(*faults)


# -- arguments -------------------------------------------------------------------------------------------


def _exercise(
    name: str, profile: str, lang: str = "en", fail_under: float | None = None
) -> Exercise:
    """The exercise, once what was asked of it is known to be usable. Raises GraderError where it is not."""
    # a language that is not there is to be known now, and not after an hour of grading
    language.translations(lang)
    chosen = Exercise.load(name)
    check_profile(chosen, profile)
    chosen.notes(lang)
    if fail_under is not None and not 0 <= fail_under <= chosen.max_score:
        raise UsageError(
            f"--fail-under is {fail_under:g}; give a score from 0 to {chosen.max_score:g}."
        )
    return chosen


def _graded_exercise(result: Result) -> Exercise:
    """The exercise that a result is of. Raises UsageError where it is not to be found any more."""
    try:
        return Exercise.load(result.exercise_folder or result.exercise)
    except GraderError as error:
        raise UsageError(
            f"{error}.\nSay where the exercise is: --exercise FOLDER."
        ) from error


# -- what is said beside the results ---------------------------------------------------------------------


def _say_aside(sentence: str) -> None:
    """Say something beside the output, which may go into a file."""
    typer.echo(sentence, err=True)


def _say_who_is_missing(missing: Sequence[Person]) -> None:
    if missing:
        names = _listed([person.name or person.id for person in missing])
        stdout.print(
            f"\nNothing was handed in by {len(missing)}: {names}",
            markup=False,
            soft_wrap=True,
        )


def _say_what_is_not_graded(names: Sequence[str]) -> None:
    if names:
        stdout.print(
            f"\nNot graded, as they are neither .py nor .ipynb: {_listed(names)}",
            markup=False,
            soft_wrap=True,
        )


def _say_unused_overrides(folder: Path, results: Sequence[Result]) -> None:
    unused = unused_overrides(output.manual_marks(folder), results)
    if unused:
        _warn(
            f"{folder / output.OVERRIDES} has marks for {_listed(unused)}, but there is no such submission."
        )


def _say_not_in_canvas(
    formats: Sequence[str] | None, results: Sequence[Result]
) -> None:
    if not formats or "canvas" not in formats:
        return
    left = not_in_canvas(results)
    if left:
        _warn(
            f"{CLASS_FORMATS['canvas'].filename} has no row for {len(left)}, whose files have no name that "
            f"Canvas gave: {_listed(left)}."
        )


def _say_faults(graded: batch.Graded) -> None:
    for id_, error in graded.faults.items():
        why = neutral.one_line(str(error))
        _warn(f"grader failed on {neutral.one_line(id_)}: {why}")
        if _global.debug:
            # a Lost has none: nothing is left of its process
            details = getattr(error, "details", "")
            _warn(details)
    if graded.faults and not _global.debug:
        _warn(
            "Run `grader --debug grade …` to see where, and please report it."
        )


def _listed(texts: Sequence[str]) -> str:
    # names of files and people come from students: control characters must not reach the terminal
    return ", ".join(neutral.one_line(text) for text in texts)


def _warn(sentence: str) -> None:
    """Print a sentence. A file's name in it acts neither in a terminal nor in a job's log."""
    told = neutral.without_commands(neutral.terminal(sentence))
    stderr.print(told, markup=False, style="red", soft_wrap=True)


def _fail_under(limit: float | None, results: Sequence[Result]) -> None:
    if limit is None:
        return
    for result in results:
        if result.score < limit:
            raise typer.Exit(BELOW)


# -- running ---------------------------------------------------------------------------------------------


def main() -> None:
    """The `grader` command."""
    _write_any_name()
    _run(app)


def _write_any_name() -> None:
    """Have what the terminal's encoding lacks, such as a letter of a name, written as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(command: Callable[..., Any]) -> None:
    """Run a command, and exit with a sentence and a code where it fails; with --debug, with a traceback."""
    try:
        command()
    except batch.Stopped as stopped:
        stderr.print(f"\n{stopped}", markup=False)
        sys.exit(INTERRUPTED)
    except GraderFault as fault:
        _exit_with_fault(fault, str(fault))
    except GraderError as error:
        _warn(str(error))
        sys.exit(UNUSABLE)
    except Exception as error:
        _exit_with_fault(error, f"{type(error).__name__}: {error}")


def _exit_with_fault(error: Exception, why: str) -> None:
    if _global.debug:
        raise error
    _warn(f"grader failed: {neutral.one_line(why)}")
    _warn(
        "This is a fault of grader's own. Run `grader --debug …` to see where, and please report it."
    )
    sys.exit(FAULT)
