"""A training loop is worth the same wherever it stands: as the function `train`, or at the top level."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import shared
from exercises import without_search

from grader.exercise import Exercise, Forest, Form
from grader.grading.session import Session
from grader.intake import submission
from grader.results import FunctionResult

EXERCISE = Exercise.load("practical3")
SEEDS = (1, 2)
STYLES = Path(__file__).parent / "corpus"
RIGHT = (
    "183-loop-in-script.py",
    "184-loop-in-a-class.py",
    "185-loop-in-french.py",
    "188-loop-with-literal-sizes.py",
    "189-loop-in-nested-functions.py",
    "192-loop-above-its-functions.ipynb",
)
# What is no mistake of a loop: it makes as many turns as the checks want, and may print what it likes.
OF_FUNCTIONS = {
    "train-single-epoch",
    "train-ignores-nb-steps",
    "train-percent",
    "train-stale-history",
}


INITIAL = EXERCISE.misconceptions.forms_of("train", "initial")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with shared.session(without_search(EXERCISE)) as warm:
        yield warm


def forms() -> list[Form]:
    """The first form of each mistake in the training that a loop can have."""
    first: dict[str, Form] = {}
    for stage in ("initial", "update", "history"):
        for form in EXERCISE.misconceptions.forms_of("train", stage):
            if form.id not in OF_FUNCTIONS:
                first.setdefault(form.id, form)
    return list(first.values())


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.id)
def test_a_mistake_costs_the_same_and_is_called_the_same(
    session: Session, tmp_path: Path, form: Form
) -> None:
    wrong = form.apply(EXERCISE.solution.trees)
    assert wrong is not None
    function = graded(session, tmp_path / "function.py", source_with(wrong))
    loop = graded(session, tmp_path / "loop.py", unrolled(source_with(wrong)))
    assert function.score < function.max_score
    # other draws: of ten entries the spread may come near enough to another by chance
    chance = 0.13 if form in INITIAL else 1e-6
    assert loop.score == pytest.approx(function.score, abs=chance)
    assert set(loop.misconceptions) == set(function.misconceptions)


@pytest.mark.parametrize("name", RIGHT)
def test_right_loops_in_several_styles(session: Session, name: str) -> None:
    for seed in SEEDS:
        session.seed = seed
        result = session.grade(submission.from_file(STYLES / name))
        assert result.score == result.max_score
    session.seed = 0


def graded(session: Session, path: Path, source: str) -> FunctionResult:
    path.write_text(source)
    return session.grade(submission.from_file(path)).functions["train"]


def source_with(forest: Forest) -> str:
    """The solution's source with these functions in it."""
    body: list[ast.stmt] = [ast.Import([ast.alias("math")])]
    for statement in ast.parse(EXERCISE.solution.source).body:
        if isinstance(statement, ast.FunctionDef):
            statement = forest[statement.name]
        body.append(statement)
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))


def unrolled(source: str) -> str:
    """The same with the body of `train` at the top level, on the data of the prologue."""
    body: list[ast.stmt] = []
    for statement in ast.parse(source).body:
        if (
            isinstance(statement, ast.FunctionDef)
            and statement.name == "train"
        ):
            *data, nb_hidden, nb_steps, parameters = (
                argument.arg for argument in statement.args.args
            )
            names = ", ".join(data)
            head = (
                "import dlc_practical_prologue as prologue\n"
                f"{names} = prologue.load_data(one_hot_labels=True, normalize=True)\n"
                f"{nb_hidden}, {nb_steps}, {parameters} = 50, 1000, None"
            )
            body += ast.parse(head).body
            # all but what it returns
            body += statement.body[:-1]
        else:
            body.append(statement)
    return ast.unparse(ast.Module(body, []))


@pytest.mark.parametrize(
    "imports",
    ["from own import COUNT, move", "import own", "from own import *"],
)
def test_a_loop_takes_what_it_needs_of_a_module_of_ones_own(
    session: Session, tmp_path: Path, imports: str
) -> None:
    right = unrolled(source_with(EXERCISE.solution.trees))
    first, *rest = right.partition("\nfor ")
    dotted = "own." if imports == "import own" else ""
    loop = "".join(rest) + f"\n    {dotted}move({dotted}COUNT)"
    written = "COUNT = [0]\n\ndef move(count):\n    count[0] += 1\n"
    folder = tmp_path / "class" / "one"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(written)
    (folder / "tp.py").write_text(f"{imports}\n{first}{loop}")
    (one,) = submission.find([tmp_path / "class"], EXERCISE.functions)
    assert one.filename.endswith("tp.py")
    assert session.grade(one).functions["train"].status == "right"
