"""The network's drawing: where nodes and arrows lie, and which are marked."""

from __future__ import annotations

import report_samples as samples

from grader.exercise.graph import Edge, Graph
from grader.reports.views import network

CHAIN = Graph(
    {"a": (0, 0), "b": (1, 0), "c": (2, 0), "d": (0, 1)},
    (Edge("a", "b", False), Edge("b", "c", False), Edge("d", "b", True)),
)


def test_what_is_computed_from_the_first_wrong_quantity_is_marked():
    drawing = network.draw(CHAIN, "a")
    assert {node.name: node.state for node in drawing.nodes} == {
        "a": "wrong",
        "b": "after",
        "c": "after",
        "d": "plain",
    }
    assert drawing.affected == ("b", "c")
    assert [(edge.back, edge.after) for edge in drawing.edges] == [
        (False, True),
        (False, True),
        (True, False),
    ]


def test_a_cycle_ends():
    cycle = Graph(
        {"a": (0, 0), "b": (1, 0)},
        (Edge("a", "b", False), Edge("b", "a", True)),
    )
    assert network.draw(cycle, "a").affected == ("b",)


def test_arrows_go_from_border_to_border():
    across, _, _ = network.draw(CHAIN, "c").edges
    a, b = network.draw(CHAIN, "c").nodes[:2]
    assert across.x1 == a.x + a.width / 2
    assert across.x2 == b.x - b.width / 2 - network.GAP
    assert across.y1 == across.y2 == a.y


def test_there_is_no_drawing_without_a_graph_or_without_the_quantity():
    assert network.draw(None, "a") is None
    assert network.draw(CHAIN, None) is None
    assert network.draw(CHAIN, "parameters") is None


def test_the_exercise_s_own_graph_is_drawn():
    assert len(network.draw(samples.EXERCISE.graph, "dl_dx2").affected) == 7
