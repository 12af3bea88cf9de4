"""One bad function costs its own marks, one bad submission its own, and the run goes on."""

import shutil
from pathlib import Path

import pytest

from grader.exercise import Exercise
from grader.grading import batch, output, pools
from grader.intake import submission
from grader.results import Result

ROOT = Path(__file__).parents[1]
RIGHT = (ROOT / "submissions" / "practical3" / "right-batched.py").read_text(
    encoding="utf-8"
)

BODIES = {
    "hangs": "while True: pass",
    "exits": "import os; os._exit(0)",
    "raises-exit": "raise SystemExit(0)",
    "segfaults": "import ctypes; ctypes.string_at(0)",
    "eats-memory": "return [torch.ones(100_000_000) for _ in range(1000)]",
    "recurses": "return dloss(v, t)",
}
FILES = {
    "syntax-error": "def sigma(x:\n    return x\n",
    "empty": "",
    "binary": "\x00\x01\x02",
    "not-a-notebook": "{",
    "python-2": RIGHT + '\n\ndef unrelated():\n    print "done"\n',
    "loops-at-top-level": RIGHT + "\n\nwhile True:\n    pass\n",
    "exits-at-top-level": "import sys\n" + RIGHT + "\n\nsys.exit(1)\n",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("practical3")
    shutil.copytree(ROOT / "reference" / "practical3", folder / "practical3")
    described = folder / "practical3" / "exercise.toml"
    text = described.read_text(encoding="utf-8")
    described.write_text(
        text.replace("[functions.dloss]", "[functions.dloss]\nseconds = 1"),
        encoding="utf-8",
    )
    exercise = Exercise.load(str(folder / "practical3"))

    handed_in = tmp_path_factory.mktemp("handed-in")
    for name, body in BODIES.items():
        text = f"{RIGHT}\n\ndef dloss(v, t):\n    {body}\n"
        (handed_in / f"{name}.py").write_text(text, encoding="utf-8")
    for name, text in FILES.items():
        suffix = ".ipynb" if "notebook" in name else ".py"
        (handed_in / f"{name}{suffix}").write_text(text, encoding="utf-8")
    (handed_in / "right.py").write_text(RIGHT, encoding="utf-8")

    found = submission.find([handed_in], exercise.functions)
    grades = tmp_path_factory.mktemp("grades")
    assert not batch.run(
        batch.Plan(found, exercise, grades, seed=3, jobs=pools.cores())
    ).faults
    return {result.submission.id: result for result in output.load(grades)}


def test_all_are_graded(graded: dict[str, Result]) -> None:
    assert set(graded) == {*BODIES, *FILES, "right"}
    assert graded["right"].score == 20


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_function_costs_its_own_marks(
    graded: dict[str, Result], name: str
) -> None:
    functions = graded[name].functions
    assert functions["dloss"].score == 0
    others = {
        other: f.status for other, f in functions.items() if other != "dloss"
    }
    assert set(others.values()) == {"right"}, others
    assert graded[name].score == 20 - functions["dloss"].max_score


@pytest.mark.parametrize(
    "name", ["syntax-error", "empty", "binary", "not-a-notebook"]
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    graded: dict[str, Result], name: str
) -> None:
    result = graded[name]
    assert result.score == 0
    assert {f.status for f in result.functions.values()} == {"missing"}
    message = result.functions["sigma"].checks[0].message
    assert message.endswith(".")
    assert "Traceback" not in message


@pytest.mark.parametrize(
    "name", ["python-2", "loops-at-top-level", "exits-at-top-level"]
)
def test_what_no_function_needs_costs_nothing(
    graded: dict[str, Result], name: str
) -> None:
    assert graded[name].score == 20
