"""Which substitutions follow-through tries, and in which order."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from grader.checking.follow_through import (
    AS_IT_STANDS,
    EarlierFunction,
    Substitution,
    _combinations,
    substitutions,
)

RIGHT_A, RIGHT_B = EarlierFunction("a"), EarlierFunction("b")
WRONG_A, WRONG_B = replace(RIGHT_A, right=False), replace(RIGHT_B, right=False)
FOLLOWED_B = replace(WRONG_B, followed=True)
SILENT_A = replace(WRONG_A, no_value=True)
MISSING_A = replace(RIGHT_A, present=False)


def own(*names: str, standins: tuple[str, ...] = ()) -> Substitution:
    return Substitution(names, standins)


def standins(*names: str) -> Substitution:
    return Substitution((), names)


CASES = {
    "nothing before it": ([], []),
    "everything before it is right": ([RIGHT_A, RIGHT_B], []),
    "one is wrong": ([WRONG_A, RIGHT_B], [own("a"), standins("a")]),
    "two are wrong: both, then stand-ins, then one of them": (
        [WRONG_A, WRONG_B],
        [own("a", "b"), standins("a", "b"), own("a"), own("b")],
    ),
    "what is right given a wrong one is used with it, and needs no stand-in": (
        [WRONG_A, FOLLOWED_B],
        [own("a", "b"), standins("a"), own("a"), own("b")],
    ),
    "a derivative that is right given its function goes with it": (
        [WRONG_A, replace(FOLLOWED_B, derivative_of="a")],
        [own("a", "b"), own("b", standins=("a",))],
    ),
    "one gives no value: a stand-in first, for its callers may not make it work": (
        [SILENT_A],
        [standins("a"), own("a")],
    ),
    "one gives no value and is refused by the reference": (
        [replace(SILENT_A, refuses=True)],
        [standins("a")],
    ),
    "one gives no value, another is wrong": (
        [SILENT_A, WRONG_B],
        [own("b", standins=("a",)), own("b", "a"), standins("a", "b")],
    ),
    "one gives no value, and there is no stand-in": (
        [replace(SILENT_A, has_standin=False)],
        [own("a")],
    ),
    "one is missing: the student may have written it as part of another": (
        [MISSING_A],
        [standins("a")],
    ),
    "one is missing, another is wrong: the missing one is left alone at first": (
        [MISSING_A, WRONG_B],
        [own("b"), standins("b"), standins("b", "a")],
    ),
    "one is missing, and there is no stand-in": (
        [replace(MISSING_A, has_standin=False)],
        [],
    ),
    "a right derivative goes with its wrong function": (
        [WRONG_A, replace(RIGHT_B, derivative_of="a")],
        [own("a", "b"), own("b", standins=("a",))],
    ),
    "a right derivative goes with what replaces its function": (
        [SILENT_A, replace(RIGHT_B, derivative_of="a")],
        [own("b", standins=("a",)), own("a", "b")],
    ),
    "a right derivative goes with what replaces its missing function": (
        [MISSING_A, replace(RIGHT_B, derivative_of="a")],
        [own("b", standins=("a",))],
    ),
    "a derivative that is wrong alone goes without its function": (
        [RIGHT_A, replace(WRONG_B, derivative_of="a")],
        [own("b"), standins("b")],
    ),
}


@pytest.mark.parametrize(("earlier", "expected"), CASES.values(), ids=CASES)
def test_what_is_tried(
    earlier: list[EarlierFunction], expected: list[Substitution]
) -> None:
    assert substitutions(earlier) == expected


def test_a_function_and_its_derivative_are_chosen_together() -> None:
    functions = [
        WRONG_A,
        replace(WRONG_B, derivative_of="a"),
        replace(WRONG_A, name="c"),
    ]
    names = [
        [function.name for function in chosen]
        for chosen in _combinations(functions)
    ]
    assert names == [["a", "b"], ["c"]]


def test_the_larger_combinations_come_first_and_too_many_are_not_tried() -> (
    None
):
    wrong = [replace(WRONG_A, name=name) for name in "abcd"]
    names = [
        "".join(function.name for function in chosen)
        for chosen in _combinations(wrong[:3])
    ]
    assert names == ["ab", "ac", "bc", "a", "b", "c"]
    assert _combinations(wrong) == []


STATES = [
    EarlierFunction("", present=False, has_standin=has_standin)
    for has_standin in (True, False)
] + [
    EarlierFunction(
        "",
        right=right,
        followed=followed,
        no_value=no_value,
        refuses=refuses,
        has_standin=has_standin,
    )
    for right, followed, no_value, refuses, has_standin in itertools.product(
        (True, False), repeat=5
    )
    if not (right and (no_value or followed)) and not (followed and no_value)
]


def exercises() -> Iterator[list[EarlierFunction]]:
    """All that can be known of three earlier functions, the third being the first one's derivative."""
    for a, b, c in itertools.product(STATES, repeat=3):
        yield [
            replace(a, name="a"),
            replace(b, name="b"),
            replace(c, name="c", derivative_of="a"),
        ]


def test_whatever_is_known() -> None:
    """What holds of every list of substitutions."""
    for earlier in exercises():
        by_name = {function.name: function for function in earlier}
        found = substitutions(earlier)
        assert len(set(found)) == len(found)
        assert AS_IT_STANDS not in found
        for substitution in found:
            assert not set(substitution.own) & set(substitution.standins)
            for name in substitution.own:
                function = by_name[name]
                assert function.present
                assert not function.right or function.derivative_of == "a"
            for name in substitution.standins:
                function = by_name[name]
                assert function.has_standin
                assert not (function.present and function.right)
                assert not function.followed
        if all(function.present and function.right for function in earlier):
            assert not found
        usable = [
            f for f in earlier if f.present and not f.right and not f.no_value
        ]
        if usable:  # the first one has all of the student's own mistakes that can be followed
            assert {function.name for function in usable} <= set(found[0].own)
        for function in (
            earlier
        ):  # what gives no value is replaced unless the reference can use it
            if (
                function.present
                and not function.right
                and not function.followed
                and function.refuses
                and function.has_standin
            ):
                assert any(
                    function.name in substitution.standins
                    for substitution in found
                )
