"""`recognise = "global"`."""

import torch
from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.module_global import ModuleGlobal, undefined

ONE, TWO = torch.ones(2), torch.full((2,), 2.0)


def missing(name):
    return raised("NameError", f"name '{name}' is not defined", line=3)


def needing(*names, value=ONE):
    """Calls that raise until all of these are supplied, one after the other."""

    def call_with(values):
        for name in names:
            if name not in values:
                return [missing(name)]
        return [Outcome(value, ())]

    return call_with


def test_missing_variables_are_supplied_one_after_the_other():
    seen = observed([missing("a")])
    supplied = ModuleGlobal().supplied(
        seen, {"a": [ONE], "b": [TWO], "c": [TWO]}, needing("a", "b")
    )
    assert supplied.values == {"a": [ONE], "b": [TWO]}
    assert supplied.outcomes[0].error is None
    assert (supplied.clue.line, supplied.clue.facts) == (3, {"name": "a`, `b"})


def test_a_variable_that_is_read_is_named_if_its_value_matters():
    seen = observed([Outcome(TWO, ())], evidence={"reads_globals": {"a": 5}})
    supplied = ModuleGlobal().supplied(seen, {"a": [ONE]}, needing("a"))
    assert (supplied.clue.line, supplied.clue.facts) == (5, {"name": "a"})
    assert (
        ModuleGlobal().supplied(seen, {"a": [ONE]}, needing("a", value=TWO))
        is None
    )


def test_a_variable_that_is_nowhere_is_named_and_a_helper_is_not():
    source = "def f(x):\n    return helper(x) + scale + np.ones(1)\n"
    for name, is_named in (("scale", True), ("helper", False), ("np", False)):
        seen = observed(
            [missing(name)],
            source=source,
            evidence={"reads_globals": {name: 2}},
        )
        supplied = ModuleGlobal().supplied(seen, {}, needing(name))
        assert (supplied is not None) == is_named, name


def test_nothing_is_asked_again_where_nothing_is_read():
    def call_with(_):
        raise AssertionError

    assert (
        ModuleGlobal().supplied(
            observed([Outcome(ONE, ())]), {"a": [ONE]}, call_with
        )
        is None
    )


def test_undefined_names_are_those_of_name_errors():
    assert undefined(
        [
            missing("a"),
            raised("KeyError", "name 'b' is not defined"),
            Outcome(ONE, ()),
        ]
    ) == {"a"}
