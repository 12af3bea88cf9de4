"""The network of an exercise as a graph of its quantities, for a drawing: `graph.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.exercise.tables import GraphTable, Problems, read_table, read_toml


@dataclass(frozen=True)
class Edge:
    """One quantity feeds another; `back` where gradients flow."""

    start: str
    end: str
    back: bool


@dataclass(frozen=True)
class Graph:
    """Quantities with their places, (column, row) on a grid, and the edges between them."""

    places: dict[str, tuple[float, float]]
    edges: tuple[Edge, ...]


def read_graph(path: Path, problems: Problems) -> Graph | None:
    """The graph in a file; None where the exercise has none, or one that cannot be used."""
    if not path.is_file():
        return None
    data = read_toml(path, problems)
    table = read_table(GraphTable, data, path, "", problems)
    if table is None:
        return None
    edges = []
    kinds = {"forward": table.forward, "backward": table.backward}
    for kind, feeds in kinds.items():
        back = kind == "backward"
        for start, ends in feeds.items():
            for end in ends:
                edges.append(Edge(start, end, back))
            place = f"[{kind}] {start}"
            for name in (start, *ends):
                if name not in table.nodes:
                    problems.add_unknown(
                        path, place, "node", name, table.nodes
                    )
    return Graph(table.nodes, tuple(edges))
