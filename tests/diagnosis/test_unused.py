"""What a function never uses."""

from dataclasses import replace

from handwritten import BACKWARD, backward, case_of, diagnosed, written

from grader.diagnosis.unused import unused
from grader.results import Remark


def test_arguments_and_functions_that_only_the_reference_uses():
    body = "dl_db1 += dsigma(s1)\ndl_db2 += dsigma(s2)\n"
    case = case_of("backward_pass", written("backward_pass", body))
    value = "w2, t, x, x1, x2"
    assert unused(case) == Remark("unused", value=value)


def test_a_function_that_uses_all_of_them():
    case = case_of("backward_pass", written("backward_pass", BACKWARD))
    assert unused(case) is None
    assert backward().remarks == ()


def test_it_is_said_where_nothing_else_mends_the_function():
    body = "dl_dw1 = x * dsigma(s1)\ndl_dw2 = x1 * dsigma(s2)\n"
    found = diagnosed("backward_pass", written("backward_pass", body))
    (remark,) = [one for one in found.remarks if one.kind == "unused"]
    assert "t" in remark.value.split(", ")


def test_who_uses_all_arguments_may_write_a_derivative_out():
    body = BACKWARD.replace("dloss(x2, t)", "2 * (x2 - t)")
    case = case_of("backward_pass", written("backward_pass", body))
    for reached in ([], ["dsigma"]):
        evidence = replace(case.seen.evidence, reaches=reached)
        seen = replace(case.seen, evidence=evidence)
        assert unused(replace(case, seen=seen)) is None
