"""The exercise's network as a drawing: each quantity is a node, and the first wrong one is marked."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from grader.exercise.graph import Graph

COLUMN, ROW, MARGIN = 86, 62, 34  # the grid, in the drawing's units
HEIGHT = 30  # of a node
# A node's least width, the width of a letter, and what is added to the letters.
NARROWEST, LETTER, PADDING = 34, 9, 14
GAP = 4  # between an arrow's head and the node that it points to

State = Literal["plain", "wrong", "after"]


@dataclass(frozen=True)
class Node:
    """A quantity, its centre and width in the drawing's units, and its state.

    state: "wrong" for the first wrong quantity, "after" for those that are computed from it.
    """

    name: str
    x: float
    y: float
    width: float
    state: State


@dataclass(frozen=True)
class Edge:
    """An arrow from one node's border to another's; `back` for gradients, `after` if its start is wrong."""

    x1: float
    y1: float
    x2: float
    y2: float
    back: bool
    after: bool


@dataclass(frozen=True)
class Drawing:
    """The network with the first wrong quantity marked; `affected` are those that are computed from it."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    first_wrong: str
    affected: tuple[str, ...]


def draw(graph: Graph | None, first_wrong: str | None) -> Drawing | None:
    """The network with `first_wrong` marked; None if there is no graph, or no such quantity in it."""
    if graph is None or first_wrong is None:
        return None
    if first_wrong not in graph.places:
        return None
    reachable = _reachable(graph, first_wrong)
    nodes = {}
    affected = []
    for name, place in graph.places.items():
        state = _state(name, first_wrong, reachable)
        nodes[name] = _node(name, place, state)
        if name in reachable:
            affected.append(name)
    right = max(node.x for node in nodes.values())
    bottom = max(node.y for node in nodes.values())
    return Drawing(
        width=right + MARGIN,
        height=bottom + HEIGHT,
        nodes=tuple(nodes.values()),
        edges=tuple(_edges(graph, nodes)),
        first_wrong=first_wrong,
        affected=tuple(affected),
    )


def _reachable(graph: Graph, start: str) -> Collection[str]:
    """The quantities that are computed from `start`, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for edge in graph.edges:
            if edge.start == name and edge.end not in found:
                found.add(edge.end)
                waiting.append(edge.end)
    # In a graph with a cycle, the start is reached again; it is wrong by itself.
    return found - {start}


def _state(name: str, first_wrong: str, affected: Collection[str]) -> State:
    if name == first_wrong:
        return "wrong"
    return "after" if name in affected else "plain"


def _node(name: str, place: tuple[float, float], state: State) -> Node:
    column, row = place
    letters = len(name)
    if state == "wrong":
        letters += 2  # a cross stands before its name
    width = max(NARROWEST, LETTER * letters + PADDING)
    x = MARGIN + column * COLUMN
    y = HEIGHT + row * ROW
    return Node(name, x, y, width, state)


def _edges(graph: Graph, nodes: Mapping[str, Node]) -> Iterator[Edge]:
    for edge in graph.edges:
        start = nodes[edge.start]
        end = nodes[edge.end]
        # What leaves a correct node is correct, even if it goes to one that is not.
        after = start.state != "plain"
        yield _edge(start, end, edge.back, after)


def _edge(start: Node, end: Node, back: bool, after: bool) -> Edge:
    x1, y1 = _border(start, end)
    x2, y2 = _border(end, start, gap=GAP)
    return Edge(
        x1=round(x1, 1),
        y1=round(y1, 1),
        x2=round(x2, 1),
        y2=round(y2, 1),
        back=back,
        after=after,
    )


def _border(node: Node, towards: Node, gap: float = 0) -> tuple[float, float]:
    """Where the line from `node` to `towards` leaves the node's box, `gap` further out."""
    dx = towards.x - node.x
    dy = towards.y - node.y
    # The share of the way to `towards` after which the line leaves by a side, or by top or bottom.
    by_a_side = by_top_or_bottom = math.inf
    if dx:
        by_a_side = (node.width / 2 + gap) / abs(dx)
    if dy:
        by_top_or_bottom = (HEIGHT / 2 + gap) / abs(dy)
    share = min(by_a_side, by_top_or_bottom)
    return node.x + dx * share, node.y + dy * share
