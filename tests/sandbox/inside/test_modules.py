"""Mute modules: whatever a plot or a widget is asked for, nothing happens."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

from grader.sandbox.inside import modules
from grader.sandbox.inside.modules import Mute, MuteFinder


@pytest.fixture
def finder() -> Iterator[None]:
    made = MuteFinder()
    before = dict(sys.modules)
    sys.meta_path.insert(0, made)
    yield
    sys.meta_path.remove(made)
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


@pytest.mark.usefixtures("finder")
@pytest.mark.parametrize(
    "name", ["wandb", "wandb.sdk.lib", "google.colab", "seaborn"]
)
def test_modules_that_only_show_things(name: str) -> None:
    module = importlib.import_module(name)
    assert isinstance(module.anything, Mute)
    with pytest.raises(AttributeError):
        _ = module.__no_such_dunder__


@pytest.mark.usefixtures("finder")
def test_other_modules_are_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")


def test_a_mute_takes_everything() -> None:
    mute = Mute()
    figure, axes = mute.subplots(2, sharex=True)
    axes[0].plot([1], [2]).set(color="red")
    axes["legend"] = None
    with figure as open_figure:
        open_figure.title = "loss"

    class Plot(mute.Base):  # type: ignore[misc, name-defined]
        pass

    assert Plot.__bases__ == (object,)


def test_the_courses_modules_are_given_their_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    modules.install(
        {
            "course_module": "def install(a, b):\n    global DATA\n    DATA = a + b\n"
        },
        [1, 2],
    )
    assert sys.modules["course_module"].DATA == 3


def test_a_notebooks_own_names() -> None:
    names = modules.notebook_names()
    assert isinstance(
        names["get_ipython"]().run_line_magic("matplotlib", "inline"), Mute
    )
    assert names["__file__"] == "submission.py"


@pytest.mark.usefixtures("finder")
def test_what_is_drawn_unpacks_into_as_many_names_as_there_are() -> None:
    figure, axes = Mute()
    first, second, third = axes
    assert {type(each) for each in (figure, first, second, third)} == {Mute}
    assert len(list(axes)) == 2
