"""What is diagnosed behind an exception, and what is said of its cause."""

import torch
from handwritten import backward, diagnosed

from grader.diagnosis.behind_exceptions import SupplyingProber


def test_behind_a_missing_global_the_rest_is_diagnosed_too():
    found = backward(("* x[None, :]", "* x0[None, :]"), ("dsigma(s1)", "1"))
    assert found.misconceptions == ("uses-global", "backward-no-dsigma1")
    assert found.facts["name"] == "x0"
    assert found.lines["uses-global"] == 6


def test_a_global_that_is_there_is_noticed_when_it_matters():
    other = {"w2": torch.ones(3, 5)}
    found = diagnosed(
        "forward_pass",
        "def forward_pass(a, b1, c, b2, x):\n    s1 = a.mv(x) + b1\n    x1 = sigma(s1)\n"
        "    s2 = w2.mv(x1) + b2\n    return x, s1, x1, s2, sigma(s2)\n",
        names=other,
    )
    assert found.misconceptions == ("uses-global",)


def test_a_constant_of_the_notebook_is_no_mistake():
    found = diagnosed(
        "dloss",
        "def dloss(v, t):\n    return FACTOR * (t - v)\n",
        names={"FACTOR": 2},
    )
    assert found.misconceptions == ("dloss-sign",)


def test_a_module_or_a_helper_that_is_missing_is_no_global_of_the_notebook():
    assert backward(("dsigma(s1)", "np.ones(1)")).misconceptions == ()
    assert backward(("dsigma(s1)", "helper(s1)")).misconceptions == ()
    assert backward(("dsigma(s1)", "slopes")).misconceptions == (
        "uses-global",
    )


def test_several_exceptions_are_repaired_one_after_the_other():
    found = backward(
        (
            "g2 = dloss(x2, t)",
            "dloss = dloss(x2, t)\ndsigma = dsigma(s2)\ng2 = dloss",
        ),
        ("dloss * dsigma(s2)", "dloss * dsigma"),
        ("* dsigma(s1)", "* (1 - x1 ** 2)"),
    )
    assert found.misconceptions == ("shadows-function",)
    assert found.lines == {"shadows-function": 2}


def test_the_values_supplied_are_those_of_the_probe_with_the_same_sizes():
    class Asked:
        def call(self, function, arguments, supply):  # noqa: ARG002
            return supply

    probes = [(torch.ones(2), 5), (torch.ones(3), 5)]
    prober = SupplyingProber(
        Asked(), probes, {"a": ["two", "three"], "b": [2, 3]}
    )
    assert prober.call("f", (torch.ones(3, 1), 5), {"b": 4}) == {
        "a": "three",
        "b": 4,
    }
