"""How many turns a loop makes, and what its parameters are after them.

In the sources, `over(...)` and `test(...)` stand where the worker has put them, and `back(w, b, x)` is what a
turn calls for each sample. Each turn takes 1 from `w` and 2 from `b`; both start at 10.
"""

from __future__ import annotations

import types
from typing import Any

import pytest
import torch
from tqdm import tqdm

from grader.sandbox.inside.turns import Finished, LoopSetting, Turns

SETTING = LoopSetting(
    parameters=("data", "nb_steps"),
    steps="nb_steps",
    state={"back": (0, 1), "fore": (1, 0)},
    names=("w", "b"),
    around="back",
)


def back(w: Any, b: Any, x: Any = None) -> Any:
    return w, b, x


def fore(b: Any, w: Any) -> Any:
    return w + b


def ran(source: str, nb_turns: int) -> Turns:
    """The turns after the source has run, whether it was ended or came to its end."""
    names: dict[str, Any] = {"torch": torch, "tqdm": tqdm}
    names |= {"w": torch.tensor([10.0]), "b": torch.tensor([10.0])}
    names["data"] = torch.arange(6.0).view(3, 2)
    names["Own"] = type(
        "Own", (types.SimpleNamespace,), {"__module__": "submission"}
    )
    turns = Turns(SETTING, nb_turns, len(names["data"]), names)
    names |= {"over": turns.over, "test": turns.test, "turns": turns}
    for function in (back, fore):
        names[function.__name__] = followed(function, turns)
    try:
        exec(source, names)
        turns.end()
    except Finished:
        pass
    return turns


def followed(function: Any, turns: Turns) -> Any:
    def called(*arguments: Any, **named: Any) -> Any:
        turns.called(function.__name__, function, arguments, named)
        return function(*arguments, **named)

    return called


SAMPLES = "    for x in data: back(w, b, x)\n"
UPDATE = "    w = w - 1; b = b - 2\n"
TURN = SAMPLES + UPDATE
COUNTED = [
    # the loop
    pytest.param("for i in over(range(9)):\n" + TURN, id="for"),
    pytest.param("for i in over(range(2)):\n" + TURN, id="too short a range"),
    pytest.param(
        "for i in over(range(2, 0, -1)):\n" + TURN, id="a range backwards"
    ),
    pytest.param("for i in over([7]):\n" + TURN, id="a list"),
    pytest.param(
        "for i in over(k for k in range(2)):\n" + TURN, id="a generator"
    ),
    pytest.param(
        "for i, k in over(enumerate(range(2))):\n" + TURN, id="numbered turns"
    ),
    pytest.param(
        "for i in over(tqdm(range(2), disable=True)):\n" + TURN,
        id="a progress bar",
    ),
    pytest.param("i = 0\nwhile test(i < 9):\n    i += 1\n" + TURN, id="while"),
    pytest.param(
        "i = 0\nwhile test(i < 2):\n    i += 1\n" + TURN, id="too short"
    ),
    pytest.param(
        "i = 0\nwhile test(True):\n    i += 1\n"
        + TURN
        + "    if i == 9: break",
        id="while True",
    ),
    pytest.param(
        "for i in over(range(9)):\n    if i > 9: continue\n" + TURN,
        id="continue",
    ),
    pytest.param(
        "def main(w, b):\n    for i in over(range(2)):\n    "
        + TURN.replace("\n    ", "\n        ")
        + "main(w, b)",
        id="in a function",
    ),
    # how it calls
    pytest.param(
        "for i in over([7, 8]):\n    back(w, b, data)\n" + UPDATE, id="a batch"
    ),
    pytest.param(
        "for i in over([7, 8]):\n    back(w, b, data.t())\n" + UPDATE,
        id="columns",
    ),
    pytest.param(
        "for i in over(range(2)):\n    back(w, b, data[0])\n" + UPDATE,
        id="one sample of them in each of other than three turns",
    ),
    pytest.param(
        "for i in over(range(2)):\n    for x in data: back(x=x, b=b, w=w)\n"
        + UPDATE,
        id="keyword arguments",
    ),
    pytest.param(
        "for i in over(range(2)):\n" + TURN + "    fore(b, w)\n",
        id="then measures",
    ),
    pytest.param(
        "for i in over(range(2)):\n    fore(b, w)\n" + TURN,
        id="measures first",
    ),
    pytest.param(
        "for i in over(range(2)):\n    for x in data: fore(b, w)\n" + UPDATE,
        id="another of the functions",
    ),
    pytest.param("for i in over(range(2)):\n" + UPDATE, id="calls nothing"),
    # where the parameters are
    pytest.param(
        "for i in over(range(2)):\n" + SAMPLES + "    w -= 1; b.sub_(2)",
        id="in place",
    ),
    pytest.param(
        "p = [w, b]\nfor i in over(range(2)):\n    for x in data: back(*p, x)\n"
        "    p = [p[0] - 1, p[1] - 2]",
        id="in a list",
    ),
    pytest.param(
        "p = {'w': w, 'b': b}\nfor i in over(range(2)):\n    for x in data: back(**p)\n"
        "    p['w'] = p['w'] - 1; p['b'] = p['b'] - 2",
        id="in a dict",
    ),
    pytest.param(
        "p = Own(w=w, b=b)\nfor i in over(range(2)):\n    for x in data: back(p.w, p.b)\n"
        "    p.w = p.w - 1; p.b = p.b - 2",
        id="in an object",
    ),
    # what must not keep it from ending
    pytest.param(
        "for i in over(range(9)):\n    try:\n        for x in data: back(w, b, x)\n"
        "    except Exception: raise SystemExit\n" + UPDATE,
        id="except Exception",
    ),
    pytest.param(
        "for i in over(range(9)):\n    try:\n        for x in data: back(w, b, x)\n"
        "    except: pass\n" + UPDATE,
        id="except anything",
    ),
]


@pytest.mark.parametrize("nb_turns", [0, 1, 2, 5])
@pytest.mark.parametrize("source", COUNTED)
def test_the_parameters_after_so_many_turns(
    source: str, nb_turns: int
) -> None:
    final, initial, counted, _ = ran(source, nb_turns).result()
    assert [p.item() for p in initial] == [10, 10]
    assert [p.item() for p in final] == [10 - nb_turns, 10 - 2 * nb_turns]
    assert counted == nb_turns


# parameters after 5 turns, or fewer where it ends by itself
ENDS = [
    pytest.param(
        "for x in over(data):\n    back(w, b, x)\n", 3, id="a single pass"
    ),
    pytest.param(
        "for n in over(range(3)):\n    back(w, b, data[n])\n",
        3,
        id="by number",
    ),
    pytest.param(
        "n = 0\nwhile test(n < 3):\n    back(w, b, data[n]); n += 1\n",
        3,
        id="while",
    ),
    pytest.param(
        "for i in over(range(9)):\n    if i == 2: break\n" + SAMPLES,
        2,
        id="break",
    ),
]
UPDATES = [
    pytest.param("w, b", UPDATE, id="variables"),
    pytest.param("w, b", "    w -= 1; b -= 2\n", id="in place"),
    pytest.param(
        "*p", "    p[0] = p[0] - 1; p[1] = p[1] - 2\n", id="in a list"
    ),
    pytest.param(
        "d['w'], d['b']",
        "    d['w'] = d['w'] - 1; d['b'] = d['b'] - 2\n",
        id="a dict",
    ),
    pytest.param(
        "o.w, o.b", "    o.w = o.w - 1; o.b = o.b - 2\n", id="an object"
    ),
]


@pytest.mark.parametrize(("loop", "nb_updates"), ENDS)
@pytest.mark.parametrize(("held", "update"), UPDATES)
def test_a_loop_that_ends_by_itself(
    loop: str, nb_updates: int, held: str, update: str
) -> None:
    before = "p = [w, b]; d = {'w': w, 'b': b}; o = Own(w=w, b=b)\n"
    source = before + loop.replace("back(w, b", f"back({held}") + update
    final, initial, _, _ = ran(source, 5).result()
    assert [p.item() for p in initial] == [10, 10]
    assert [p.item() for p in final] == [10 - nb_updates, 10 - 2 * nb_updates]


@pytest.mark.parametrize(("held", "update"), UPDATES)
def test_a_single_pass_with_an_update_for_each_sample(
    held: str, update: str
) -> None:
    before = "p = [w, b]; d = {'w': w, 'b': b}; o = Own(w=w, b=b)\n"
    source = before + f"for x in over(data):\n    back({held}, x)\n" + update
    assert [p.item() for p in ran(source, 2).result()[0]] == [7, 4]


def test_a_function_that_ends_by_itself() -> None:
    source = (
        "def main(w, b):\n    for x in over(data): back(w, b, x)\n    w = w - 1\n"
        "    return w\nmain(w, b)"
    )
    assert [p.item() for p in ran(source, 5).result()[0]] == [9, 10]


def test_the_turns_of_a_loop_that_breaks() -> None:
    source = "for i in over(range(9)):\n" + TURN + "    if i == 1: break"
    assert ran(source, 5).result()[2] == 2


def test_a_loop_that_is_entered_again_is_not_counted_again() -> None:
    source = (
        "def turn():\n    return [k for k in over(range(2))]\n"
        "for i in over(range(9)):\n    assert turn() == [0, 1]\n" + TURN
    )
    assert [p.item() for p in ran(source, 3).result()[0]] == [7, 4]


AGAIN = [
    pytest.param("for x in over(data): back(w, b, x)", id="for"),
    pytest.param(
        "k = 0\n    while test(k < len(data)):\n        back(w, b, data[k]); k += 1",
        id="while",
    ),
]


@pytest.mark.parametrize("nb_turns", [0, 1, 4])
@pytest.mark.parametrize("loop", AGAIN)
@pytest.mark.parametrize(
    "calls", ["list(map(turn, range(4)))", "turn(3)", "first()"]
)
def test_a_pass_over_the_data_that_is_entered_again_makes_the_turns(
    calls: str, loop: str, nb_turns: int
) -> None:
    again = (
        "    if i and not i == 9: turn(i - 1)\n" if "turn(3)" in calls else ""
    )
    again = again or (
        "    if i < 3: turn(i + 1)\n" if "first" in calls else ""
    )
    source = (
        f"h = []\ndef turn(i):\n    global w, b\n    {loop}\n    w = w - 1; b = b - 2\n"
        f"    h.append(w.item())\n{again}def first(): turn(0)\n{calls}"
    )
    final, initial, counted, columns = ran(source, nb_turns).result()
    assert [p.item() for p in initial] == [10, 10]
    assert [p.item() for p in final] == [10 - nb_turns, 10 - 2 * nb_turns]
    assert counted == nb_turns
    told = [values.tolist() for label, _, values, _ in columns if label == "h"]
    assert told == (
        [[9.0 - turn for turn in range(nb_turns)]] if nb_turns else []
    )


def test_a_function_may_take_them_in_another_order() -> None:
    source = (
        "def own(x, b, w): return x, b, w\n"
        "def back(w, b, x): turns.called('back', own, (x, b, w), {})\n"
        "for i in over(range(9)):\n" + TURN
    )
    final, initial, *_ = ran(source, 3).result()
    assert [p.item() for p in initial] == [10, 10]
    assert [p.item() for p in final] == [7, 4]


def test_a_while_in_another_call_is_not_counted() -> None:
    source = (
        "def turn():\n    k = 0\n    while test(k < 2): k += 1\n    return k\n"
        "i = 0\nwhile test(i < 9):\n    i += 1\n    assert turn() == 2\n"
        + TURN
    )
    assert [p.item() for p in ran(source, 3).result()[0]] == [7, 4]


@pytest.mark.parametrize("source", ["pass", "while False: over([])"])
def test_a_loop_that_is_never_reached(source: str) -> None:
    with pytest.raises(RuntimeError, match="its loop was never reached"):
        ran(source, 2).result()


NOTHING = [
    pytest.param(
        "del w\nfor i in over(range(3)): pass", id="without the parameters"
    ),
    pytest.param("for i in over([]):\n" + TURN, id="no turn"),
    pytest.param(
        "w = 1\nfor i in over(range(3)): back(w, b)", id="not tensors"
    ),
]


@pytest.mark.parametrize("source", NOTHING)
def test_a_loop_without_parameters(source: str) -> None:
    with pytest.raises(
        RuntimeError, match="its loop calls no function with w, b"
    ):
        ran(source, 2).result()


def test_later_changes_do_not_reach_what_was_taken() -> None:
    turns = ran(
        "for i in over(range(9)):\n" + SAMPLES + "    w -= 1; b -= 2", 2
    )
    final, initial, *_ = turns.result()
    assert (initial[0].item(), final[0].item()) == (10, 8)


def test_what_each_turn_tells() -> None:
    source = (
        "h = []\nfor i in over(range(2)):\n" + TURN + "    h.append(w.item())"
    )
    columns = {
        label: values.tolist()
        for label, _, values, _ in ran(source, 4).result()[3]
    }
    assert columns["h"] == [9, 8, 7, 6]


def test_what_is_printed_belongs_to_its_turn() -> None:
    turns = ran("pass", 3)
    for number in turns.over(range(9)):
        if number == 3:
            break
        turns.called("fore", fore, (torch.ones(1), torch.ones(1)), {})
        turns.printed.write(f"loss {number}.5")
    ((label, _, values, _),) = turns.result()[3]
    assert (label, values.tolist()) == ("loss", [0.5, 1.5, 2.5])


def test_variables_that_cannot_be_looked_at_stop_nothing() -> None:
    source = (
        "class Odd(list):\n    def __len__(self): raise ValueError\n"
        "h = Odd()\nfor i in over(range(2)):\n" + TURN
    )
    assert [p.item() for p in ran(source, 3).result()[0]] == [7, 4]
