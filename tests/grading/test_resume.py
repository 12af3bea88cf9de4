"""What an earlier run has left is taken up where it holds, and only there."""

import dataclasses
import importlib.metadata

import tiny
from watching import Recorder, marks

from grader.exercise import Exercise
from grader.grading import batch


def test_what_has_not_changed_is_kept(plan):
    order = plan({"a": tiny.RIGHT, "b": tiny.WRONG, "c": tiny.RIGHT})
    batch.run(order)
    first = {p: p.read_text() for p in order.folder.glob("*/grade.json")}

    def again(sources=None, **options):
        sources = sources or {
            "a": tiny.RIGHT,
            "b": tiny.WRONG,
            "c": tiny.RIGHT,
        }
        watcher = Recorder()
        assert len(
            batch.run(plan(sources, **options), watcher).results
        ) == len(sources)
        return sorted(watcher.finished_ids)

    assert again() == []
    assert {p: p.read_text() for p in first} == first
    assert again(seed=None) == []
    assert again({"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT}) == ["b"]
    assert marks(order.folder) == {"a": 2.0, "b": 2.0, "c": 2.0}
    (order.folder / "a" / "grade.json").write_text("{")
    assert again({"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT}) == ["a"]
    assert again(
        {"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT}, force=True
    ) == [
        "a",
        "b",
        "c",
    ]
    assert again(
        {"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT}, seed=2
    ) == [
        "a",
        "b",
        "c",
    ]


def test_a_changed_exercise_grades_all_again(plan):
    order = plan({"a": tiny.RIGHT})
    batch.run(order)
    (order.exercise.folder / "solution.py").write_text(
        "def double(x):\n    return 3 * x\n"
    )
    graded = batch.run(
        dataclasses.replace(
            order, exercise=Exercise.load(str(order.exercise.folder))
        )
    )
    assert (graded.kept, graded.results[0].score) == (0, 0.0)


def test_the_longest_expected_comes_first(plan):
    sources = {"a": tiny.RIGHT, "b": tiny.RIGHT + "#" * 5000, "c": tiny.SLOW}
    watcher = Recorder()
    batch.run(plan(sources), watcher)
    assert watcher.order == ["b", "c", "a"]
    watcher = Recorder()
    batch.run(plan(sources, force=True), watcher)
    assert watcher.order[0] == "c"  # as it took longest the last time


def test_one_seed_is_drawn_for_a_class_and_kept_for_those_who_come_later(plan):
    first = batch.run(plan({"a": tiny.RIGHT, "b": tiny.RIGHT}, seed=None))
    later = batch.run(
        plan(
            {"a": tiny.RIGHT, "b": tiny.RIGHT, "c": tiny.RIGHT},
            seed=None,
        )
    )
    assert (
        len({result.seed for result in (*first.results, *later.results)}) == 1
    )


def test_what_is_graded_is_kept_whatever_the_package_index_calls_torch(
    plan, monkeypatch
):
    """The index's Linux build of torch: the distribution is 2.13.0, the module 2.13.0+cu130."""
    batch.run(plan({"a": tiny.RIGHT}))
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0")
    assert batch.run(plan({"a": tiny.RIGHT})).kept == 1


def test_a_moved_exercise_is_the_same_and_its_new_place_is_noted(plan):
    order = plan({"a": tiny.RIGHT})
    batch.run(order)
    moved = order.exercise.folder.parent / "elsewhere" / "tiny"
    moved.parent.mkdir()
    order.exercise.folder.rename(moved)
    graded = batch.run(
        dataclasses.replace(order, exercise=Exercise.load(str(moved)))
    )
    assert (graded.kept, graded.results[0].exercise_folder) == (1, str(moved))


def test_a_roster_that_comes_later_gives_names_to_what_is_kept(plan):
    order = plan({"a": tiny.RIGHT})
    batch.run(order)
    (one,) = order.submissions
    graded = batch.run(
        dataclasses.replace(
            order, submissions=[dataclasses.replace(one, name="Ada")]
        )
    )
    assert (graded.kept, graded.results[0].submission.name) == (1, "Ada")
