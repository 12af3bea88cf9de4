"""How checks are decided: the rule of follow-through, on a small made-up exercise.

The student's functions run in this process, so that each case is quick and says how often it called them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from grader.checking.follow_through import AS_IT_STANDS, Substitution
from grader.checking.judge import Judge
from grader.checking.runner import Checks
from grader.errors import Raised, StudentFailure, TimedOut
from grader.exercise import Exercise
from grader.results import CheckResult
from grader.sandbox.calls import Answer
from grader.sandbox.replies import Reply

FILES = {
    "exercise.toml": """
        [functions.square]
        points = 2

        [functions.dsquare]
        points = 2
        earlier = ["square"]
        derivative_of = "square"

        [functions.fourth]
        points = 4
        earlier = ["square"]

        [functions.dfourth]
        points = 2
        earlier = ["square", "dsquare"]

        [profiles.quick]
    """,
    "solution.py": """
        def square(x):
            return x * x

        def dsquare(x):
            return 2 * x

        def fourth(x):
            return square(square(x))

        def dfourth(x):
            return dsquare(square(x)) * dsquare(x)
    """,
    "standins.py": """
        def square(x):
            return x + 3

        def dsquare(x):
            return x - 1
    """,
    "inputs.py": """
        import torch

        class Inputs:
            def __init__(self, seed, settings):
                self.seed = seed
                self.generator = torch.Generator().manual_seed(seed)

            def vector(self):
                return torch.rand(4, generator=self.generator) + 0.5
    """,
    "probes.py": """
        def probes(function):
            return {}
    """,
    "misconceptions/square.toml": """
        [square-cubed]
        title = "One factor too many"
        replace = "x * x"
        with = "x * x * x"
        note = "It is the cube."
        hint = "Count the factors."
    """,
}
VALUES = """
    from grader.checking import locates, requires

    @locates("{0} of x")
    def test_values(student, reference, inputs, assert_close):
        \"\"\"{0}(x) should be right\"\"\"
        x = inputs.vector()
        assert_close(student.{0}(x.clone()), reference.{0}(x), "{0}(x)")

    @requires("values")
    def test_pure(student, inputs):
        x = inputs.vector()
        student.{0}(x)
"""
RIGHT = FILES["solution.py"]


class Calls:
    """A student whose functions run here. `made` counts their calls, `hangs` names those that time out."""

    def __init__(
        self, exercise: Exercise, source: str, hangs: Iterable[str] = ()
    ) -> None:
        self.made: Counter[str] = Counter()
        self.raised_in: dict[str, int] = {}
        self.stopped_in: dict[str, tuple[int, str]] = {}
        self.nb_raised = 0
        self.student = SimpleNamespace(
            **{name: partial(self._call, name) for name in exercise.functions}
        )
        self.apart = self
        self.answers: dict[str, list[Answer]] = {}
        self._exercise = exercise
        self._hangs = set(hangs)
        self._given_up: set[str] = set()
        self._names: dict[str, Any] = {"torch": torch}
        exec(textwrap.dedent(source), self._names)
        self._own = {
            name: self._names[name]
            for name in exercise.functions
            if name in self._names
        }

    def has(self, function: str) -> bool:
        return function in self._own

    def why_missing(self, function: str) -> str:
        return f"The file does not define {function}."

    def reaches(self, function: str, other: str) -> bool:
        return other in self._own[function].__code__.co_names

    def gave_up(self, function: str) -> bool:
        return function in self._given_up

    def answered(self, name: str) -> Iterator[Answer]:
        """What a function says of some vectors; nothing where it does not take them."""
        for x in (torch.ones(2), torch.arange(3.0), torch.full((1,), 0.5)):
            try:
                value = self._own[name](x.clone())
            except Exception:
                return
            yield Answer([x], value, [x], None)

    def call(self, name: str, arguments: Any) -> SimpleNamespace:
        value = self._call(name, arguments)
        return SimpleNamespace(value=value, arguments=arguments, error=None)

    @contextlib.contextmanager
    def replacing(self, functions: Iterable[str]) -> Iterator[None]:
        replaced = {name: self._exercise.standins[name] for name in functions}
        self._names.update(replaced)
        try:
            yield
        finally:
            for name in replaced:
                self._names.pop(name)
            self._names.update(self._own)

    def call_rows(self, function: str, rows: Iterable[Any]) -> list[Reply]:
        replies = []
        for row in rows:
            try:
                replies.append(Reply(self._call(function, *row), tuple(row)))
            except Raised as error:
                replies.append(Reply(None, tuple(row), error))
        return replies

    def _call(self, name: str, *arguments: Any) -> Any:
        self.made[name] += 1
        if name in self._hangs:
            self._given_up.add(name)
            raise TimedOut(name, f"{name} gave no result: it hangs.")
        try:
            return self._own[name](*arguments)
        except StudentFailure:
            raise
        except Exception as error:
            raise Raised(name, type(error).__name__, str(error)) from error


class Case:
    """A graded source: the judge, and the checks' results by id."""

    def __init__(
        self,
        exercise: Exercise,
        checks: Checks,
        source: str,
        hangs: Iterable[str] = (),
        answers: Mapping[str, list[Answer]] | None = None,
    ) -> None:
        self.calls = Calls(exercise, source, hangs)
        said = dict(answers or {})
        if "square" not in said and "square" in self.calls._own:
            said["square"] = list(self.calls.answered("square"))
        self.calls.answers = said
        self.judge = Judge(
            self.calls, exercise, exercise.profiles["quick"], seed=1
        )  # type: ignore[arg-type]
        results = checks.run(self.judge)
        self.results: Mapping[str, CheckResult] = {
            r.id: r for found in results.values() for r in found
        }

    def passed(self) -> set[str]:
        """The functions whose values are right, under whatever substitution."""
        names = self.judge.checked
        return {
            name
            for name in names
            if self.results[f"{name}/values"].outcome == "passed"
        }

    def substitution(self, function: str) -> Substitution:
        return self.judge.checked[function].findings["values"].substitution


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    return made_up(tmp_path_factory.mktemp("made-up"))


def made_up(folder: Path, **checks: str) -> Exercise:
    """The exercise, written to `folder`; `checks`: by function, a text in place of VALUES."""
    (folder / "checks").mkdir(parents=True)
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    for function in ("square", "dsquare", "fourth", "dfourth"):
        text = checks.get(function, VALUES.replace("{0}", function))
        (folder / "checks" / f"test_{function}.py").write_text(
            textwrap.dedent(text)
        )
    return Exercise.load(str(folder))


@pytest.fixture(scope="module")
def checks(exercise: Exercise) -> Iterator[Checks]:
    checks = Checks(exercise)
    yield checks
    checks.close()


@pytest.fixture
def judged(exercise: Exercise, checks: Checks) -> Callable[..., Case]:
    def judged(source: str, *more: Any, **others: Any) -> Case:
        return Case(exercise, checks, source, *more, **others)

    return judged


def changed(**functions: str) -> str:
    """The right solution, with other definitions of some functions: name -> the expression returned."""
    texts = [
        f"def {name}(x):\n    return {expression}\n"
        for name, expression in functions.items()
    ]
    return "\n".join([textwrap.dedent(RIGHT), *texts])


def without(*functions: str) -> str:
    """The right solution without some functions."""
    return textwrap.dedent(RIGHT) + "".join(
        f"\ndel {name}\n" for name in functions
    )


ALL = {"square", "dsquare", "fourth", "dfourth"}


def test_a_right_one_is_right_as_it_stands(
    judged: Callable[..., Case],
) -> None:
    case = judged(RIGHT)
    assert case.passed() == ALL
    assert {case.substitution(function) for function in ALL} == {AS_IT_STANDS}
    assert sum(result.points for result in case.results.values()) == 10


def test_one_mistake_costs_one_function(judged: Callable[..., Case]) -> None:
    case = judged(changed(square="x * x * x"))
    assert case.passed() == ALL - {"square"}
    assert case.substitution("dsquare") == AS_IT_STANDS
    assert case.substitution("fourth") == Substitution(("square",))
    assert case.substitution("dfourth") == Substitution(("square", "dsquare"))


def test_a_derivative_of_the_students_own_function_is_right(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="x * x * x", dsquare="3 * x * x"))
    assert case.passed() == ALL - {"square"}
    assert case.substitution("dsquare") == Substitution(("square",))


def test_two_mistakes_cost_two_functions(judged: Callable[..., Case]) -> None:
    case = judged(changed(square="x * x * x", fourth="square(x)"))
    assert case.passed() == ALL - {"square", "fourth"}


def test_who_makes_up_for_a_mistake_is_right_as_it_stands(
    judged: Callable[..., Case],
) -> None:
    case = judged(
        changed(square="x * x + 1", fourth="(square(x) - 1) * (square(x) - 1)")
    )
    assert case.passed() >= {"fourth"}
    assert case.substitution("fourth") == AS_IT_STANDS


@pytest.mark.parametrize("broken", ["1 / 0", "None"])
def test_what_gives_no_value_is_replaced_by_a_stand_in(
    judged: Callable[..., Case], broken: str
) -> None:
    case = judged(changed(square=broken))
    assert case.judge.checked["square"].no_value
    assert case.passed() == ALL - {"square"}
    assert case.substitution("fourth") == Substitution((), ("square",))


def test_values_that_callers_cannot_use_are_replaced_too(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="(x, x)"))
    assert not case.judge.checked["square"].no_value
    assert case.substitution("fourth") == Substitution((), ("square",))


def test_a_missing_function_is_replaced_where_it_is_called(
    judged: Callable[..., Case],
) -> None:
    case = judged(without("square"))
    assert (
        case.results["square/values"].message
        == "The file does not define square."
    )
    assert case.passed() == ALL - {"square"}
    assert case.substitution("fourth") == Substitution((), ("square",))


def test_a_missing_function_that_is_part_of_another_needs_no_stand_in(
    judged: Callable[..., Case],
) -> None:
    case = judged(without("square") + "\ndef fourth(x):\n    return x ** 4\n")
    assert case.substitution("fourth") == AS_IT_STANDS


def test_a_function_that_hangs_is_not_waited_for_again(
    judged: Callable[..., Case],
) -> None:
    case = judged(RIGHT, hangs=["square"])
    assert case.passed() == ALL - {"square"}
    assert case.substitution("fourth") == Substitution((), ("square",))
    assert (
        case.calls.made["fourth"] == 2
    )  # one call per check, and none as it stands


def test_a_skipped_check_names_the_first_that_must_pass(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="x"))
    skipped = case.results["square/pure"]
    assert (skipped.outcome, skipped.points) == ("blocked", 0)
    assert (
        skipped.message
        == "Skipped until this passes: square(x) should be right."
    )


def test_a_wrong_value_locates_and_an_exception_does_not(
    judged: Callable[..., Case],
) -> None:
    assert (
        judged(changed(square="x")).judge.checked["square"].first_wrong
        == "square_of_x"
    )
    assert (
        judged(changed(square="1 / 0")).judge.checked["square"].first_wrong
        is None
    )
    assert (
        judged(without("square")).judge.checked["square"].first_wrong is None
    )


def test_what_a_diagnosis_plugs_in(judged: Callable[..., Case]) -> None:
    names = [
        (sorted(plugged), standins)
        for plugged, standins in judged(
            changed(square="x * x * x")
        ).judge.to_diagnose("fourth")
    ]
    assert names == [(["square"], ())]
    names = [
        (sorted(plugged), standins)
        for plugged, standins in judged(
            changed(square="1 / 0")
        ).judge.to_diagnose("fourth")
    ]
    assert names == [([], ()), (["square"], ("square",))]


def test_a_diagnosis_begins_without_what_the_function_never_calls(
    judged: Callable[..., Case],
) -> None:
    def plugged(function: str, **bodies: str) -> list[list[str]]:
        judge = judged(changed(**bodies)).judge
        return [sorted(names) for names, _ in judge.to_diagnose(function)]

    cube = "x * x * x"
    assert plugged("fourth", square=cube, fourth="-x") == [[]]
    # the derivative of `square` may be written out, so that one comes second
    assert plugged("dfourth", square=cube, dfourth="x")[:2] == [[], ["square"]]
    # what it is the derivative of is part of what it should be
    assert plugged("dsquare", square=cube, dsquare="-x") == [["square"]]
    # a derivative that is never called explains nothing
    assert plugged("dfourth", dsquare="-x", dfourth="x") == [[]]


ONE_OR_THE_OTHER = """
    import torch
    from grader.checking import CheckFailure

    def plugged(reference):
        if not reference.plugged:
            return "nothing"
        return "stand-in" if reference.square(torch.ones(1)) == 4 else "own"

    def test_values(student, reference):
        # what computes nothing is not a student's, and is refused
        is_idle = hasattr(student.fourth, "map")
        if is_idle or plugged(reference) != "own":
            raise CheckFailure("No.")

    def test_more(student, reference):
        test_values(student, reference)

    def test_pure(reference):
        if plugged(reference) != "stand-in":
            raise CheckFailure("No.")
"""


def test_a_diagnosis_tries_first_what_most_checks_were_found_with(
    tmp_path: Path,
) -> None:
    made = made_up(tmp_path / "made-up", fourth=ONE_OR_THE_OTHER)
    checks = Checks(made)
    case = Case(made, checks, changed(square="x * x * x"))
    checks.close()
    tried = case.judge.to_diagnose("fourth")
    assert [(sorted(plugged), standins) for plugged, standins in tried] == [
        (["square"], ()),
        (["square"], ("square",)),
    ]


PARTIAL = """
    from grader.checking import CheckFailure

    def test_values(student, reference, inputs, assert_close):
        x = inputs.vector()
        if assert_close.mismatch(student.fourth(x.clone()), reference.fourth(x), "fourth(x)") is not None:
            raise CheckFailure("Not quite.", credit={credit})
"""


@pytest.mark.parametrize(
    ("share", "credit", "points", "followed"),
    [
        (1.0, 0.0, 4.0, True),
        (0.5, 0.0, 2.0, True),
        (0.5, 0.25, 2.0, True),
        (0.5, 0.5, 2.0, False),  # between equals, the first
        (0.5, 0.75, 3.0, False),
    ],
)
def test_what_earns_most_counts(
    tmp_path: Path, share: float, credit: float, points: float, followed: bool
) -> None:
    made = made_up(
        tmp_path / "made-up", fourth=PARTIAL.replace("{credit}", str(credit))
    )
    made = dataclasses.replace(made, follow_through=share)
    checks = Checks(made)
    case = Case(made, checks, changed(square="x * x * x"))
    checks.close()
    assert case.results["fourth/values"].points == points
    assert (
        case.judge.checked["fourth"].findings["values"].follow_through
        is followed
    )


RATED = """
    import torch
    from grader.checking import CheckFailure

    def test_values(reference):
        if not reference.plugged:
            raise CheckFailure("No.")
        is_standin = reference.square(torch.ones(1)) == 4
        raise CheckFailure("Not quite.", credit={standin} if is_standin else {own})
"""


@pytest.mark.parametrize(
    ("own", "standin", "expected"),
    [
        (0.5, 0.25, Substitution(("square",))),
        (0.25, 0.5, Substitution((), ("square",))),
        (0.5, 0.5, Substitution(("square",))),  # between equals, the first
        (0.0, 0.0, AS_IT_STANDS),
    ],
)
def test_the_substitution_that_earns_most_counts(
    tmp_path: Path, own: float, standin: float, expected: Substitution
) -> None:
    rated = RATED.replace("{own}", f"{own}").replace("{standin}", f"{standin}")
    made = made_up(tmp_path / "made-up", fourth=rated)
    checks = Checks(made)
    case = Case(made, checks, changed(square="x * x * x"))
    checks.close()
    assert case.substitution("fourth") == expected
    assert case.results["fourth/values"].points == 4 * max(own, standin)


def test_nothing_more_is_tried_once_a_check_passes(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="x * x * x"))
    # once as it stands and once with `square`; then the check that requires this one
    assert case.calls.made["fourth"] == 3


DRAWS = """
    from grader.checking import CheckFailure

    def test_values(reference, inputs, shared):
        shared["drawn"] = inputs.vector().tolist()
        shared["plugged"] = shared.get("plugged", []) + [sorted(reference.plugged)]
        raise CheckFailure("No.")
"""


def test_a_check_that_runs_again_draws_the_same_and_shares_nothing(
    tmp_path: Path,
) -> None:
    made = made_up(tmp_path / "made-up", dfourth=DRAWS)
    checks = Checks(made)
    case = Case(made, checks, changed(square="x * x * x"))
    checks.close()
    shared = case.judge.checked["dfourth"].shared
    assert list(shared) == [
        AS_IT_STANDS,
        Substitution(("square", "dsquare")),
        Substitution(("dsquare",), ("square",)),
    ]
    assert len({tuple(values["drawn"]) for values in shared.values()}) == 1
    assert [values["plugged"] for values in shared.values()] == [
        [[]],
        [["dsquare", "square"]],
        [["dsquare", "square"]],
    ]


SEEDS = """
    from grader.checking import shapes

    def test_values(inputs, shared):
        shared["values"] = inputs.seed

    @shapes
    def test_shape(inputs, shared):
        shared["shape"] = inputs.seed
"""


def test_each_check_has_a_seed_of_its_own_that_every_generator_takes(
    tmp_path: Path,
) -> None:
    functions = ("square", "dsquare", "fourth", "dfourth")
    made = made_up(tmp_path / "made-up", **dict.fromkeys(functions, SEEDS))
    checks = Checks(made)
    seeds: list[int] = []
    for _ in range(2):
        checked = Case(made, checks, RIGHT).judge.checked
        drawn = [checked[name].shared[AS_IT_STANDS] for name in functions]
        seeds += [one[check] for one in drawn for check in one]
    checks.close()
    assert len(set(seeds)) == 8  # the same ones for every student
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_checks_that_are_about_shapes_are_noted(tmp_path: Path) -> None:
    made = made_up(tmp_path / "made-up", fourth=SEEDS)
    checks = Checks(made)
    checked = Case(made, checks, RIGHT).judge.checked
    checks.close()
    assert checked["fourth"].about_shapes == {"shape"}
    assert checked["square"].about_shapes == set()


def test_a_reference_that_fails_with_the_students_functions_is_no_fault_of_graders(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="(x, x)", fourth="x"))
    assert case.results["fourth/values"].outcome == "failed"


# -- conventions -----------------------------------------------------------------------------------------

TURN = {
    "exercise.toml": """
        [functions.turn]
        points = 4
        vectors = [["x"]]
        returned_vectors = [[0], [1]]

        [profiles.quick]
    """,
    "solution.py": """
        def turn(w, x):
            return x, w.mv(x)
    """,
    "standins.py": "",
    "probes.py": """
        import torch

        def probes(solution):
            return {"turn": [(torch.arange(6.0).view(2, 3), torch.arange(1.0, 4.0))]}
    """,
    "checks/test_turn.py": """
        import torch
        from grader.checking import CheckFailure, shapes
        from grader.errors import StudentFailure

        W, X = torch.arange(8.0).view(2, 4), torch.arange(1.0, 5.0)

        def test_values(student, reference, assert_close):
            assert_close(student.turn(W, X)[1], reference.turn(W, X)[1], "w x")

        @shapes
        def test_shape(student, reference, assert_close):
            assert_close(student.turn(W, X)[1], reference.turn(W, X)[1], "w x")

        def test_better_within(student):
            student.turn(W, X)
            raise CheckFailure("within", credit=0.5)

        def test_better_as_it_stands(student):
            try:
                student.turn(W, X)
            except StudentFailure:
                raise CheckFailure("as it stands", credit=0.5)
            raise CheckFailure("within")

        def test_never(student, shared):
            shared["turned"] = student.turn(W, X)
            raise CheckFailure("never")
    """,
}
FOR_COLUMNS = "def turn(w, x):\n    return x, w.mm(x)\n"


@pytest.fixture(scope="module")
def turning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """source -> its case, in an exercise of one function that takes a vector and gives two."""
    folder = tmp_path_factory.mktemp("turning")
    (folder / "checks").mkdir()
    for name, text in {**FILES, **TURN}.items():
        if not name.startswith("misconceptions/"):
            (folder / name).write_text(textwrap.dedent(text))
    exercise = Exercise.load(str(folder))
    checks = Checks(exercise)
    yield partial(Case, exercise, checks)
    checks.close()


def test_a_function_for_columns_is_judged_within_its_convention(
    turning: Callable[[str], Case],
) -> None:
    checked = turning(FOR_COLUMNS).judge.checked["turn"]
    found = checked.findings
    assert found["values"].outcome == "passed"
    assert found["values"].in_convention
    # that it does not work with vectors is what this check is about
    assert found["shape"].outcome == "failed"
    assert not found["shape"].in_convention
    # what earns more counts; between equals the run within the convention
    assert (found["better_within"].message, found["better_within"].credit) == (
        "within",
        0.5,
    )
    assert found["better_as_it_stands"].message == "as it stands"
    assert found["never"].message == "never"
    assert found["never"].in_convention
    # runs as it stands share nothing with those within the convention
    assert checked.shared[AS_IT_STANDS] == {}
    assert set(checked.converted[AS_IT_STANDS]) == {"turned"}


def test_a_function_for_vectors_is_judged_as_it_stands(
    turning: Callable[[str], Case],
) -> None:
    checked = turning(TURN["solution.py"]).judge.checked["turn"]
    found = checked.findings
    assert not any(finding.in_convention for finding in found.values())
    assert found["shape"].outcome == "passed"
    assert not checked.converted


def test_what_equals_doing_nothing_is_judged_with_stand_ins(
    judged: Callable[..., Case],
) -> None:
    nothing = "0 * x * x.sum()"
    case = judged(changed(square=nothing))
    assert "fourth" in case.passed()
    assert case.substitution("fourth") == Substitution((), ("square",))
    case = judged(changed(square=nothing, fourth="0 * x"))
    assert "fourth" not in case.passed()


def test_a_function_that_says_something_else_apart_takes_no_part(
    judged: Callable[..., Case],
) -> None:
    case = judged(changed(square="x * x * x"))
    assert case.substitution("fourth") == Substitution(("square",))
    asked = torch.ones(3)
    case = judged(
        changed(square="x * x * x"),
        answers={"square": [Answer([asked], 2 * asked, [asked], None)]},
    )
    assert case.substitution("fourth") == Substitution((), ("square",))
