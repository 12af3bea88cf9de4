"""`recognise = "shadow"`."""

import pytest
from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.shadow import Shadow, unbound

SOURCE = "def f(x):\n    g = g(x)\n    return g\n"
UNBOUND = (
    "cannot access local variable 'g' where it is not associated with a value"
)


def test_the_local_variable_is_renamed_and_the_call_is_left():
    seen = observed(
        [raised("UnboundLocalError", UNBOUND, line=2)], source=SOURCE
    )
    repair = Shadow().repair(seen, SOURCE)
    assert repair.source == "def f(x):\n    g_ = g(x)\n    return g_"
    assert (repair.clue.line, repair.clue.facts) == (2, {"hidden": "g"})


def test_the_line_is_the_sources_where_it_shows_one():
    seen = observed(
        [raised("UnboundLocalError", UNBOUND, line=2)],
        source=SOURCE,
        evidence={"shadows": {"g": 5}},
    )
    assert Shadow().repair(seen, SOURCE).clue.line == 5


@pytest.mark.parametrize(
    "outcome",
    [
        raised(
            "UnboundLocalError", UNBOUND.replace("'g'", "'total'")
        ),  # no function's name
        raised("NameError", UNBOUND),
        Outcome(1.0, ()),
    ],
)
def test_what_has_another_cause_is_not_repaired(outcome):
    assert Shadow().repair(observed([outcome], source=SOURCE), SOURCE) is None


def test_all_calls_are_asked_for_their_unbound_names():
    other = raised("UnboundLocalError", UNBOUND.replace("'g'", "'h'"))
    assert unbound(
        [raised("UnboundLocalError", UNBOUND), Outcome(1.0, ()), other]
    ) == {
        "g",
        "h",
    }
