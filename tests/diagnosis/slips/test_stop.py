"""Where a function stops: the innermost frame of its own, and the nodes of that statement."""

from __future__ import annotations

import ast

from grader.diagnosis.observation import Evidence, Outcome
from grader.diagnosis.slips.stop import stop_at
from grader.errors import Frame
from grader.exercise import patterns

TEXT = """def f(x):
    if x > 0:
        y = g(
            x)
    return y
"""
EVIDENCE = Evidence(source=TEXT, first_line=11)


def stop(*frames):
    tree = patterns.last_function(TEXT)
    outcome = Outcome(None, (), ("TypeError", "no"), frames)
    return stop_at(EVIDENCE, tree, outcome)


def names(found):
    return {node.id for node in found.nodes if isinstance(node, ast.Name)}


def test_a_line_inside_a_statement_is_that_statement():
    found = stop(Frame("f", 14))
    assert found.line == 14 and names(found) == {"y", "g", "x"}
    assert not found.within


def test_of_a_statement_with_a_body_only_its_head_counts():
    assert names(stop(Frame("f", 12))) == {"x"}


def test_what_a_called_function_raises_came_from_within():
    assert stop(Frame("f", 13), Frame("g", 3)).within


def test_frames_elsewhere_are_no_stop():
    assert stop(Frame("g", 3)) is None
