"""Reading an exercise's folder: found by name or path, complete wherever it lies, all faults together."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import Faults, Spoil, added, assert_told, faults, removed, replaced

from grader.errors import ExerciseError
from grader.exercise import Exercise

FAULTS: Faults = {
    "a function misspelt": (
        replaced("exercise.toml", "[functions.train]", "[functions.trian]"),
        "[functions.trian]: there is no function of solution.py 'trian'; did you mean 'train'?",
    ),
    "what it builds on stands below it": (
        replaced("exercise.toml", 'earlier = ["loss"]', 'earlier = ["train"]'),
        "exercise.toml: [functions.dloss] earlier: there is no function above this one 'train'",
    ),
    "a prologue that is not there": (
        replaced("exercise.toml", '"prologue.py"', '"prolog.py"'),
        "exercise.toml: [prologue] source: there is no file prolog.py",
    ),
    "no exercise.toml": (
        removed("exercise.toml"),
        "exercise.toml: the file is missing",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)


def test_all_faults_are_told_together(folder: Path) -> None:
    replaced("exercise.toml", "points = 1.5", "points = -4")(folder)
    replaced("exercise.toml", '"prologue.py"', '"prolog.py"')(folder)
    added("misconceptions/loss.toml", "\n[new]\ntitel = 'T'\n")(folder)
    keys = [
        "points: ",
        "source: ",
        "[new] titel: ",
        "[new] title: ",
        "[new] note: ",
        "[new] hint: ",
    ]
    lines = faults(folder)
    assert len(lines) == len(keys)
    assert all(any(key in line for line in lines) for key in keys)


def test_a_copy_elsewhere_is_complete(folder: Path) -> None:
    own, copied = Exercise.load("practical3"), Exercise.load(str(folder))
    assert copied.graph == own.graph is not None
    assert copied.notes("fr") == own.notes("fr") != own.notes("en")
    title = "A longer run should learn to tell the digits apart"
    assert (
        copied.check_title(title, "fr")
        == own.check_title(title, "fr")
        != title
    )
    assert copied.curve_titles("fr") == own.curve_titles("fr") != own.curves
    assert own.is_own
    assert not copied.is_own


def test_what_is_not_there_is_said_with_what_is() -> None:
    with pytest.raises(
        ExerciseError, match=r"no exercise 'practical4'.*practical3"
    ):
        Exercise.load("practical4")


def test_the_digest_changes_with_any_file(folder: Path) -> None:
    before = Exercise.read(folder).sha256
    added("handout.md", "More.\n")(folder)
    assert Exercise.read(folder).sha256 != before


@pytest.mark.parametrize(
    "file", ["solution.py", "inputs.py", "standins.py", "probes.py"]
)
def test_a_module_that_raises_is_told_with_its_name(
    folder: Path, file: str
) -> None:
    added(file, "\nraise ValueError('no')\n")(folder)
    with pytest.raises(ExerciseError) as raised:
        Exercise.read(folder).check_python()
    assert (
        f"{folder / file}: it raises ValueError: no" in raised.value.problems
    )


def test_probes_of_a_stranger_are_told(folder: Path) -> None:
    replaced("probes.py", '"dsigma": [', '"dsigmo": [')(folder)
    with pytest.raises(
        ExerciseError, match=r"'dsigmo'; did you mean 'dsigma'"
    ):
        Exercise.read(folder).check_python()


def test_a_vector_that_is_no_parameter_is_told(folder: Path) -> None:
    replaced(
        "exercise.toml", '[["x"], ["b1", "b2"]]', '[["x"], ["b1", "b3"]]'
    )(folder)
    (fault,) = faults(folder)
    assert (
        "[functions.forward_pass] vectors: there is no parameter 'b3'" in fault
    )


def test_a_solution_that_cannot_be_read_is_the_only_fault(
    folder: Path,
) -> None:
    added("solution.py", "\ndef f(:\n")(folder)
    assert len(faults(folder)) == 1


def test_titles_of_checks_that_cannot_be_read_are_not_missed(
    folder: Path,
) -> None:
    added("checks/test_loss.py", "\ndef f(:\n")(folder)
    assert len(faults(folder)) == 1


def test_a_standin_holds_nothing_of_the_others() -> None:
    exercise = Exercise.load("practical3")
    assert set(exercise.standin_texts) == set(exercise.functions) - {"train"}
    for name, text in exercise.standin_texts.items():
        names: dict[str, object] = {}
        exec(text, names)
        assert names.keys() & exercise.functions.keys() == {name}
        assert exercise.standins[name].__globals__.keys() >= {name}
