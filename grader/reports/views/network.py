"""The exercise's network as a drawing: each quantity a node, and which one went wrong first.

A drawing is data, `graph.toml` in the exercise's folder: nodes with a column and a row, edges between them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Literal

from grader import paths

COLUMN, ROW, MARGIN = 86, 62, 34  # the grid, in the drawing's units
HEIGHT = 30  # of a node

State = Literal["plain", "wrong", "after"]


@dataclass(frozen=True)
class Node:
    """A quantity, its centre and width in the drawing's units, and how it stands."""

    name: str
    x: float
    y: float
    width: float
    state: State


@dataclass(frozen=True)
class Edge:
    """An arrow from one node's border to another's; `back` where gradients flow, `after` what was wrong."""

    x1: float
    y1: float
    x2: float
    y2: float
    back: bool
    after: bool


@dataclass(frozen=True)
class Drawing:
    """The network with the first wrong quantity marked."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    first_wrong: str
    affected: tuple[str, ...]


@dataclass(frozen=True)
class _Graph:
    places: dict[str, tuple[float, float]]
    edges: tuple[tuple[str, str, bool], ...]


def draw(exercise: str, first_wrong: str | None) -> Drawing | None:
    """The exercise's network, `first_wrong` marked; None where there is no such drawing or quantity."""
    graph = _graph(exercise)
    if graph is None or first_wrong not in graph.places:
        return None
    affected = _reachable(graph, first_wrong)
    nodes = {name: _node(name, place, first_wrong, affected) for name, place in graph.places.items()}
    edges = tuple(
        _edge(nodes[start], nodes[end], back, start in affected or start == first_wrong)
        for start, end, back in graph.edges
    )
    width = max(node.x for node in nodes.values()) + MARGIN
    height = max(node.y for node in nodes.values()) + HEIGHT
    after = tuple(name for name in graph.places if name in affected)
    return Drawing(width, height, tuple(nodes.values()), edges, first_wrong, after)


@cache
def _graph(exercise: str) -> _Graph | None:
    path = paths.folder("reference") / exercise / "graph.toml"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", exercise) or not path.is_file():
        return None
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    places = {name: (float(column), float(row)) for name, (column, row) in table["nodes"].items()}
    edges = [
        (start, end, back)
        for kind, back in (("forward", False), ("backward", True))
        for start, ends in table[kind].items()
        for end in ends
    ]
    return _Graph(places, tuple(edges))


def _reachable(graph: _Graph, start: str) -> Collection[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        following = {end for begin, end, _ in graph.edges if begin == name} - found
        found |= following
        waiting += following
    return found - {start}


def _node(name: str, place: tuple[float, float], first_wrong: str, affected: Collection[str]) -> Node:
    state: State = "wrong" if name == first_wrong else "after" if name in affected else "plain"
    x, y = MARGIN + place[0] * COLUMN, HEIGHT + place[1] * ROW
    letters = len(name) + (2 if state == "wrong" else 0)  # the wrong one has a cross before its name
    return Node(name, x, y, max(34, 9 * letters + 14), state)


def _edge(start: Node, end: Node, back: bool, after: bool) -> Edge:
    x1, y1 = _border(start, end)
    x2, y2 = _border(end, start, gap=4)
    return Edge(round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1), back, after)


def _border(node: Node, towards: Node, gap: float = 0) -> tuple[float, float]:
    """Where the line from `node` to `towards` leaves the node's box, `gap` further out."""
    dx, dy = towards.x - node.x, towards.y - node.y
    reach = min(
        (node.width / 2 + gap) / abs(dx) if dx else float("inf"),
        (HEIGHT / 2 + gap) / abs(dy) if dy else float("inf"),
    )
    return node.x + dx * reach, node.y + dy * reach
