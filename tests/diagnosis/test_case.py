"""What is known when a function's diagnosis begins."""

import pytest
from handwritten import BACKWARD, case_of, written


def test_the_first_calls_are_made_and_the_reference_stands_beside_them():
    case = case_of("backward_pass", written("backward_pass", BACKWARD))
    assert (
        len(case.outcomes) == len(case.plain.probes) == len(case.seen.expected)
    )
    assert case.plugged is case.plain
    assert case.seen.accumulator_names == (
        "dl_dw1",
        "dl_db1",
        "dl_dw2",
        "dl_db2",
    )


def test_earlier_functions_of_the_students_are_in_the_reference_beside_it():
    case = case_of(
        "backward_pass",
        written("backward_pass", BACKWARD),
        plugged={"dloss": lambda v, t: v - t},
    )
    assert case.plugged is not case.plain
    assert case.seen.expected is case.plugged.outcomes


def test_ids_come_in_the_exercises_order_each_once():
    case = case_of("dloss", "def dloss(v, t):\n    return v - t\n")
    listed = [known.id for known in case.exercise.misconceptions.of("dloss")]
    assert case.in_order([listed[2], listed[0], listed[2]]) == (
        listed[0],
        listed[2],
    )
    assert case.misconception(listed[1]).id == listed[1]
    with pytest.raises(KeyError):
        case.misconception("loss-half")


def test_a_transposition_counts_for_matrices_only():
    source = written(
        "backward_pass", BACKWARD, ("dsigma(s2)", "dsigma(s2).t()")
    )
    case = case_of("backward_pass", source)
    assert case.source.line_of("dloss(x2, t) * dsigma(s2)") == 2
    assert case.source.line_of("w2 @ _E") is None
