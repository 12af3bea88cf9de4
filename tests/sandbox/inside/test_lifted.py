"""A lifted loop, called like the function in whose place it runs: it trains on the caller's data.

The sources are written for the course's data, on which `measure` runs them. They are then called with six
samples to train on and four to test on, of another size, and with eight hidden units.
"""

from __future__ import annotations

import ast
import contextlib
import logging
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from texts import notebook, python

from grader.checking.reference import Reference
from grader.exercise import Exercise
from grader.reading.cells import Text
from grader.reading.lifting import LoopWanted
from grader.reading.slicing import slice_functions
from grader.sandbox.inside.calling import make_call
from grader.sandbox.inside.lifted import LiftedLoop
from grader.sandbox.inside.turns import LoopSetting

EXERCISE = Exercise.load("practical3")
REFERENCE = Reference(EXERCISE)
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings
NB_HIDDEN = 8

PARAMETERS = (
    "train_input",
    "train_target",
    "test_input",
    "test_target",
    "nb_hidden",
)
STATE = ("w1", "b1", "w2", "b2")
SETTING = LoopSetting(
    parameters=(*PARAMETERS, "nb_steps"),
    steps="nb_steps",
    state={"forward_pass": (0, 1, 2, 3), "backward_pass": (0, 1, 2, 3)},
    names=STATE,
    around="backward_pass",
)
WANTED = LoopWanted(
    ("backward_pass", "forward_pass"), STATE, SETTING.parameters
)


def functions() -> str:
    """The source of the graded functions that a training calls."""
    tree = ast.parse(EXERCISE.solution.source)
    wanted = set(EXERCISE.functions) - {"train"}
    found = [part for part in tree.body if getattr(part, "name", "") in wanted]
    return "\n".join(map(ast.unparse, found))


FUNCTIONS = (
    "import torch\nimport dlc_practical_prologue as prologue\n"
    + functions()
    + "\n"
)


@pytest.fixture(scope="module")
def prologue() -> Iterator[types.ModuleType]:
    module = types.ModuleType("dlc_practical_prologue")
    exec(EXERCISE.prologues()[module.__name__], module.__dict__)
    module.install(*INPUTS.course_data({}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        yield module


@pytest.fixture(scope="module")
def data() -> list[Any]:
    inputs_and_targets = INPUTS.Inputs(5, QUICK).data(6, 4)
    return [
        part[:, 300:400] if part.size(1) > 99 else part
        for part in inputs_and_targets
    ]


def loop_of(source: str | Text, prologue: types.ModuleType) -> LiftedLoop:
    """Read, loaded and measured as the worker does it."""
    text = python(source) if isinstance(source, str) else source
    names = tuple(EXERCISE.functions)
    found = slice_functions(text, names, ("train",), loops={"train": WANTED})
    module: dict[str, Any] = {"__name__": "submission"}

    def compiled(tree: ast.Module, cell: int | None) -> types.CodeType:
        return compile(tree, f"<submission {cell or ''}>", "exec")

    for statement in found.statements:
        exec(compiled(ast.Module([statement.tree], []), None), module)
    loop = LiftedLoop(
        found.lifted["train"], SETTING, module, compiled, [prologue]
    )
    with contextlib.suppress(NameError):
        loop.measure()
    return loop


LOAD = """
train_input, train_target, test_input, test_target = prologue.load_data(
    one_hot_labels=True, normalize=True
)
train_target *= 0.9
"""
LITERALS = (
    FUNCTIONS
    + LOAD
    + """
w1, b1 = torch.randn(50, 784) * 1e-6, torch.randn(50) * 1e-6
w2, b2 = torch.randn(10, 50) * 1e-6, torch.randn(10) * 1e-6
d = [torch.zeros(50, 784), torch.zeros(50), torch.zeros(10, 50), torch.zeros(10)]
for step in range(1000):
    for one in d:
        one.zero_()
    total, bad, bad_test = 0, 0, 0
    for n in range(1000):
        t = train_target[n]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
        backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, *d)
        total += loss(x2, t)
        bad += x2.argmax() != t.argmax()
    for n in range(797):
        x2 = forward_pass(w1, b1, w2, b2, test_input[n])[-1]
        bad_test += x2.argmax() != test_target[n].argmax()
    w1 -= 1e-4 * d[0]
    b1 -= 0.1 / 1000 * d[1]
    w2 -= 1e-4 * d[2]
    b2 -= 1e-4 * d[3]
    print('step', step, 'loss', total.item(), 'train', bad / 1000, 'test', bad_test / 797)
"""
)
CELLS = notebook(
    FUNCTIONS,
    """
losses = []
for e in range(epochs):
    grads = [torch.zeros_like(p) for p in params]
    l = 0.
    for x, t in zip(X, Y):
        out = forward_pass(*params, x)
        backward_pass(*params, t, *out, *grads)
        l += loss(out[-1], t).item()
    params = [p - eta * g for p, g in zip(params, grads)]
    losses.append(l)
""",
    """
X, Y, X_te, Y_te = prologue.load_data(one_hot_labels=True, normalize=True, flatten=False)
X = X.view(X.size(0), -1)
Y = 0.9 * Y
eta = 0.1 / X.shape[0]
epochs = 3
""",
    """
def init(*shape):
    return torch.empty(*shape).normal_(0, 1e-6)

nb_hidden = 50
params = [init(nb_hidden, X.size(1)), init(nb_hidden), init(10, nb_hidden), init(10)]
""",
)
IN_MAIN = (
    FUNCTIONS
    + """
from tqdm import tqdm

def fit(w1, b1, w2, b2, x, y, steps, lr):
    for _ in (bar := tqdm(range(steps), disable=True)):
        g = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        total = 0
        for k in range(len(x)):
            out = forward_pass(w1, b1, w2, b2, x[k])
            backward_pass(w1, b1, w2, b2, y[k], *out, *g)
            total = total + loss(out[4], y[k]).item()
        w1, b1, w2, b2 = (p - lr * q for p, q in zip((w1, b1, w2, b2), g))
        bar.set_postfix(loss=total)
    return w1

def main(hidden=50):
    x, y, _, _ = prologue.load_data(normalize=True)
    y = torch.nn.functional.one_hot(y, 10).float() * 0.9
    ps = [torch.empty(hidden, 784), torch.empty(hidden)]
    ps += [torch.empty(10, hidden), torch.empty(10)]
    for p in ps:
        p.normal_(0, 1e-6)
    fit(*ps, x, y, 1000, 0.1 / len(x))

if __name__ == '__main__':
    main()
"""
)
UNCALLED = (
    FUNCTIONS
    + """
def learn(train_input, train_target, hidden, n_steps):
    target = 0.9 * train_target
    w1 = torch.randn(nb_hidden, train_input.size(1)) * 1e-6
    b1 = torch.randn(nb_hidden) * 1e-6
    w2 = torch.randn(10, nb_hidden) * 1e-6
    b2 = torch.randn(10) * 1e-6
    done = 0
    history = {'loss': []}
    while True:
        g = [0 * p for p in (w1, b1, w2, b2)]
        history['loss'].append(0)
        for x, t in zip(train_input, target):
            out = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, *out, *g)
            history['loss'][-1] += float(loss(out[-1], t))
        for p, q in zip((w1, b1, w2, b2), g):
            p.sub_(0.1 * q / len(train_input))
        done += 1
        if done > n_steps:
            return history
""".replace("hidden, n", "nb_hidden, n")
)
OBJECT = (
    FUNCTIONS
    + LOAD
    + """
class Trainer:
    def __init__(self, inputs, hidden, classes):
        self.w1 = 1e-6 * torch.randn(hidden, inputs)
        self.b1 = 1e-6 * torch.randn(hidden)
        self.w2 = 1e-6 * torch.randn(classes, hidden)
        self.b2 = 1e-6 * torch.randn(classes)
        self.losses = []

    def weights(self):
        return self.w1, self.b1, self.w2, self.b2

    def __call__(self, xs, ts, steps=1000):
        for step in range(steps):
            grads = [torch.zeros_like(p) for p in self.weights()]
            self.losses.append(0.)
            for x, t in zip(xs, ts):
                out = forward_pass(*self.weights(), x)
                backward_pass(*self.weights(), t, *out, *grads)
                self.losses[-1] += loss(out[-1], t).item()
            self.w1 = self.w1 - 0.1 / len(xs) * grads[0]
            self.b1 = self.b1 - 0.1 / len(xs) * grads[1]
            self.w2 = self.w2 - 0.1 / len(xs) * grads[2]
            self.b2 = self.b2 - 0.1 / len(xs) * grads[3]

trainer = Trainer(784, 50, 10)
data = train_input, train_target
trainer(*data)
"""
)
STYLES = [
    pytest.param(LITERALS, id="numbers, at the top level"),
    pytest.param(CELLS, id="cells in another order"),
    pytest.param(IN_MAIN, id="in main(), with a progress bar"),
    pytest.param(UNCALLED, id="a function that nothing calls"),
    pytest.param(OBJECT, id="an object"),
]


@pytest.mark.parametrize("nb_steps", [0, 1, 3])
@pytest.mark.parametrize("source", STYLES)
def test_it_trains_as_the_reference_does(
    source: Any, nb_steps: int, data: Any, prologue: types.ModuleType
) -> None:
    loop = loop_of(source, prologue)
    final, initial, counted, columns = loop(*data, NB_HIDDEN, nb_steps)
    arguments = *data, NB_HIDDEN, nb_steps
    right, history = REFERENCE.train(*arguments, parameters=initial)
    assert counted == nb_steps
    for one, start, other in zip(final, initial, right, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one - start, other - start, rtol=1e-3, atol=1e-9)
    losses = torch.tensor([entry[0] for entry in history], dtype=torch.float64)
    close = [
        torch.allclose(values, losses, rtol=1e-3)
        for _, _, values, _ in columns
    ]
    assert nb_steps == 0 or any(close)


@pytest.mark.parametrize(
    "level", ["", "logging.getLogger('fit').setLevel('DEBUG')\n"]
)
def test_what_is_logged_is_told(
    level: str, data: Any, prologue: types.ModuleType
) -> None:
    logs = "import logging\ndef print(*what):\n"
    logs += "    logging.getLogger('fit').info(' '.join(map(str, what)))\n"
    logs += level + LITERALS
    told = loop_of(LITERALS, prologue)(*data, NB_HIDDEN, 3)[3]
    logged = loop_of(logs, prologue)(*data, NB_HIDDEN, 3)[3]
    assert [column[0] for column in logged] == [column[0] for column in told]
    assert logging.root.level == logging.WARNING


def test_errors_are_divided_by_the_numbers_of_these_data(
    data: Any, prologue: types.ModuleType
) -> None:
    columns = loop_of(LITERALS, prologue)(*data, NB_HIDDEN, 3)[3]
    values = {label: column for label, _, column, _ in columns}
    assert set(values) == {"step", "loss", "train", "test"}
    assert all(
        round(6 * value, 2) in range(7) for value in values["train"].tolist()
    )
    assert all(
        round(4 * value, 2) in range(5) for value in values["test"].tolist()
    )


# -- what stays as it was -------------------------------------------------------------------------------


def test_a_call_leaves_nothing_behind(
    data: Any, prologue: types.ModuleType
) -> None:
    loop = loop_of(LITERALS, prologue)
    before = dict(loop._names)
    arguments = [part.clone() for part in data]
    loop(*arguments, NB_HIDDEN, 2)
    assert loop._names == before
    assert all(map(torch.equal, arguments, data))
    assert len(prologue.load_data()[0]) == 1000


def test_nothing_of_it_is_printed(
    data: Any, prologue: types.ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    loop_of(LITERALS, prologue)(*data, NB_HIDDEN, 2)
    assert capsys.readouterr().out == ""


# -- what goes wrong ------------------------------------------------------------------------------------

BROKEN = LITERALS.replace(
    "for step", "extra = undefined\nuse = [0, extra]\nfor step"
)


def test_a_statement_before_the_loop_that_raises_costs_what_it_binds(
    data: Any, prologue: types.ModuleType
) -> None:
    loop = loop_of(BROKEN.replace("total, bad,", "use; total, bad,"), prologue)
    with pytest.raises(NameError, match="use"):
        loop(*data, NB_HIDDEN, 2)
    assert [str(error)[:14] for error in loop.raised.values()] == [
        "name 'undefined'"[:14],
        "name 'extra' i"[:14],
    ]


def test_an_error_in_the_loop_says_the_name_of_the_function(
    data: Any, prologue: types.ModuleType
) -> None:
    source = IN_MAIN.replace("total = 0\n", "total = 0; 1 / (len(x) - 6)\n")
    loop = loop_of(source, prologue)
    outcome = make_call(loop, [*data, NB_HIDDEN, 2], keep=False)
    assert outcome["error"]["kind"] == "ZeroDivisionError"
    loop.name_frames("train", [outcome])
    named = [frame[0] for frame in outcome["error"]["frames"]]
    assert "train" in named and "fit" not in named


# -- another text ---------------------------------------------------------------------------------------


def test_an_edited_text_is_what_runs(
    data: Any, prologue: types.ModuleType
) -> None:
    loop = loop_of(LITERALS, prologue)
    text = loop._lifted.definition.text
    for old, new in [("-= 1e-4", "+= 1e-4"), ("-= 0.1", "+= 0.1")]:
        text = text.replace(old, new)
    final, initial, *_ = loop.edited(text)(*data, NB_HIDDEN, 1)
    right, _ = REFERENCE.train(*data, NB_HIDDEN, 1, parameters=initial)
    for one, start, other in zip(final, initial, right, strict=True):
        assert torch.allclose(one - start, start - other, rtol=1e-3, atol=1e-9)


def test_the_text_itself_runs_to_the_same(
    data: Any, prologue: types.ModuleType
) -> None:
    for source in (LITERALS, CELLS, IN_MAIN, OBJECT):
        loop = loop_of(source, prologue)
        torch.manual_seed(0)
        ((w1, *_), *_) = loop(*data, NB_HIDDEN, 2)
        torch.manual_seed(0)
        edited = loop.edited(loop._lifted.definition.text)
        ((same, *_), *_) = edited(*data, NB_HIDDEN, 2)
        assert torch.equal(w1, same)


def test_an_edited_text_may_have_more_statements(
    data: Any, prologue: types.ModuleType
) -> None:
    loop = loop_of(LITERALS, prologue)
    header, body = loop._lifted.definition.text.split("\n", 1)
    edited = loop.edited(f"{header}\n    more = 1\n{body}")
    assert edited(*data, NB_HIDDEN, 2)[2] == 2


def test_a_text_that_cannot_be_read(prologue: types.ModuleType) -> None:
    with pytest.raises(SyntaxError):
        loop_of(LITERALS, prologue).edited("def train(:")
