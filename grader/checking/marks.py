"""What a check says about itself: its marks, its name and its docstring.

The first five functions are for writing a check, the others read what was written. Here "item" is pytest's
word for one check: a test function with one value of its parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

# for pytest, which refuses a mark that it does not know
MARKERS = (
    "points(share)",
    "requires(*checks)",
    "locates(quantity)",
    "shapes",
    "by_hand",
)


def points(share: float) -> pytest.MarkDecorator:
    """A weight: the points of a function are divided among its checks by their weights."""
    return pytest.mark.points(share)


def requires(*checks: str) -> pytest.MarkDecorator:
    """The check is skipped unless these checks of its function (named without "test_") have passed."""
    return pytest.mark.requires(*checks)


def locates(quantity: str) -> pytest.MarkDecorator:
    """Where the check fails, `quantity` is the first that is wrong; its {parameter} is filled in."""
    return pytest.mark.locates(quantity)


def shapes(check: Callable[..., None]) -> Callable[..., None]:
    """The check is about shapes: it fails for a function that works with columns or rows for vectors."""
    marked: Callable[..., None] = pytest.mark.shapes(check)
    return marked


def by_hand(check: Callable[..., None]) -> Callable[..., None]:
    """The check asks `calls.by_torch`; it holds for every call of its function, later ones as well."""
    marked: Callable[..., None] = pytest.mark.by_hand(check)
    return marked


def is_by_hand(item: pytest.Item) -> bool:
    """Whether a check is marked `by_hand`."""
    return item.get_closest_marker("by_hand") is not None


def is_about_shapes(item: pytest.Item) -> bool:
    """Whether a check is marked `shapes`."""
    return item.get_closest_marker("shapes") is not None


def function_of(item: pytest.Item) -> str:
    """The graded function that a check is about: `test_f.py` is about f."""
    return item.path.stem.removeprefix("test_")


def name_of(item: pytest.Item) -> str:
    """A check's name with its parameter, such as "values[vector]" for `test_values`."""
    return item.name.removeprefix("test_")


def id_of(item: pytest.Item) -> str:
    """A check's id in a result: its function and its name."""
    return f"{function_of(item)}/{name_of(item)}"


def without_parameter(name: str) -> str:
    """A check's name as `requires` gives it: "values" for "values[vector]"."""
    return name.split("[")[0]


def share_of(item: pytest.Item) -> float:
    """What a check is worth in proportion to the others of its function; 1 where it does not say."""
    mark = item.get_closest_marker("points")
    if mark is None:
        return 1.0
    return float(mark.args[0])


def required_by(item: pytest.Item) -> list[str]:
    """The names, without parameters, of the checks that must pass before this one."""
    required: list[str] = []
    for mark in item.iter_markers("requires"):
        required += mark.args
    return required


def located_by(item: pytest.Item) -> str | None:
    """The quantity that a failure of the check shows to be wrong; None where it does not say."""
    mark = item.get_closest_marker("locates")
    if mark is None:
        return None
    quantity = _filled_in(str(mark.args[0]), item)
    # as the exercise's probes and its graph name quantities
    return quantity.replace(" ", "_")


def title_of(item: pytest.Item) -> str:
    """The first line of a check's docstring, its {parameter} filled in, without a final full stop.

    Reports put a message behind it. A check without a docstring has its name for a title.
    """
    function: Any = getattr(item, "obj", None)
    docstring = (function.__doc__ or "").strip()
    if not docstring:
        return _filled_in(name_of(item).removesuffix("."), item)
    first_line = docstring.splitlines()[0]
    return _filled_in(first_line.removesuffix("."), item)


def parameters_of(item: pytest.Item) -> dict[str, Any]:
    """The values of a check's parameters, by name; none where it is not parametrised."""
    parameters = getattr(item, "callspec", None)
    return dict(parameters.params) if parameters is not None else {}


def _filled_in(text: str, item: pytest.Item) -> str:
    parameters = parameters_of(item)
    return text.format(**parameters) if parameters else text
