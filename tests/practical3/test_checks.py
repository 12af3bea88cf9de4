"""The exercise's own checks, on a right submission with one thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shared

from grader.diagnosis import Diagnosis
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import Result

ROOT = Path(__file__).parents[2]
RIGHT = (
    ROOT / "submissions" / "practical3" / "right-per-sample.py"
).read_text(encoding="utf-8")
EXERCISE = Exercise.load("practical3")
FUNCTIONS = tuple(EXERCISE.functions)


class Marks(Session):
    """Grades without a diagnosis, which takes most of the time."""

    def _diagnose(self, *_: object) -> Diagnosis:
        return Diagnosis()


@pytest.fixture(scope="module")
def grade_source() -> Iterator[Callable[[str], Result]]:
    """Grades a text."""
    with Marks(EXERCISE, seed=4) as session:

        def grade_source(text: str) -> Result:
            one = Submission(
                "one", "One", "one.py", text.encode(), ("one.py",)
            )
            return session.grade(one)

        yield grade_source


@pytest.fixture(scope="module")
def grade(grade_source: Callable[[str], Result]) -> Callable[[str], Result]:
    """Grades the right submission with a text behind it."""
    return lambda more: grade_source(RIGHT + more)


BROKEN = {
    "raises": "\n\ndef {name}(*a):\n    raise ValueError('no')\n",
    "returns nothing": "\n\ndef {name}(*a):\n    return None\n",
    "returns a text": "\n\ndef {name}(*a):\n    return 'text'\n",
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_broken_function_costs_its_own_points_and_no_others(
    grade: Callable[[str], Result], name: str, how: str
) -> None:
    functions = grade(BROKEN[how].format(name=name)).functions
    assert {
        other for other in FUNCTIONS if functions[other].status != "right"
    } == {name}


# whatever it is called with, `train` first does what the right one does
TRAIN = """

right_train = train

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    parameters, history = right_train(
        train_input, train_target, test_input, test_target, nb_hidden, nb_steps
    )
    {change}
    return parameters, history
"""
CHANGES = {
    "nothing": ("pass", set()),
    "parameters that are nan": (
        "parameters = tuple(p * float('nan') if nb_steps else p for p in parameters)",
        {"by_hand"},
    ),
    "a parameter that does not move": (
        "parameters = (*parameters[:3], parameters[3].new_zeros(()) + 1e-6 * train_target[0])",
        {"by_hand", "initial[b2]"},
    ),
    "a history one entry short": ("history = history[1:]", {"nb_steps"}),
    "losses that are a hundredth too large": (
        "history = [(1.01 * a, b, c) for a, b, c in history]",
        {"history[train loss]"},
    ),
    "errors exchanged": (
        "history = [(a, c, b) for a, b, c in history]",
        {"history[train error]", "history[test error]"},
    ),
    "a row": ("return (*parameters, history)", {"returns"}),
    "an argument that is changed": ("train_input += 1", {"pure"}),
}


@pytest.mark.parametrize(("change", "failed"), CHANGES.values(), ids=CHANGES)
def test_each_check_of_train_sees_what_it_is_for(
    grade: Callable[[str], Result], change: str, failed: set[str]
) -> None:
    checks = grade(TRAIN.format(change=change)).functions["train"].checks
    found = {
        check.id.split("/")[1] for check in checks if check.outcome == "failed"
    }
    assert found >= failed
    if not failed:
        assert found == failed


# what is counted in the right training, edited: (from, to, the columns of the history that are wrong then)
TEST_LOOP = "zip(test_input, test_target))"
UPDATE = (
    "        for p, g in zip(params, grads):\n            p.sub_(eta * g)\n"
)
COUNTED = "        test_wrong = sum("
HISTORIES = {
    "rates of one sample fewer": (
        [
            ("wrong / n,", "wrong / (n - 1),"),
            ("len(test_input)))", "(len(test_input) - 1)))"),
        ],
        {"train error", "test error"},
    ),
    "the last test sample skipped": (
        [(TEST_LOOP, "zip(test_input[:-1], test_target))")],
        {"test error"},
    ),
    "the first test sample skipped": (
        [(TEST_LOOP, "zip(test_input[1:], test_target[1:]))")],
        {"test error"},
    ),
    "a stale prediction": (
        [("predict(params, x)", "x2.argmax()")],
        {"test error"},
    ),
    "an error too many": (
        [("total, wrong = 0.0, 0", "total, wrong = 0.0, 1")],
        {"train error"},
    ),
    "the test error of the training samples": (
        [(TEST_LOOP, "zip(train_input, train_target))")],
        {"test error"},
    ),
    "the test error over the training samples' number": (
        [("test_wrong / len(test_input)", "test_wrong / n")],
        {"test error"},
    ),
    "errors that add up": (
        [
            ("total, wrong = 0.0, 0", "total = 0.0"),
            ("history = []", "history, wrong = [], 0"),
        ],
        {"train error"},
    ),
    "the loss after the update": (
        [
            (UPDATE, ""),
            (
                COUNTED,
                UPDATE
                + "        total = sum(loss(forward_pass(*params, x)[4], t).item() "
                "for x, t in zip(train_input, train_target))\n" + COUNTED,
            ),
        ],
        {"train loss"},
    ),
    "nothing": ([], set()),
    "the test error after the update": (
        [(UPDATE, ""), (COUNTED, UPDATE + COUNTED)],
        set(),
    ),
    "all rounded to two digits": (
        [
            (
                "(total, wrong / n, test_wrong / len(test_input))",
                "(round(total, 2), round(wrong / n, 2), round(test_wrong / len(test_input), 2))",
            )
        ],
        set(),
    ),
    "float64": (
        [
            (
                "    n = len(train_input)",
                "    train_input, train_target = train_input.double(), train_target.double()\n"
                "    test_input = test_input.double()\n    n = len(train_input)",
            ),
            ("torch.randn(shape)", "torch.randn(shape).double()"),
            ("torch.zeros(shape)", "torch.zeros(shape).double()"),
        ],
        set(),
    ),
    "the samples in another order": (
        [
            (
                "zip(train_input, train_target)",
                "zip(train_input.flip(0), train_target.flip(0))",
            )
        ],
        set(),
    ),
}


@pytest.mark.parametrize(("edits", "wrong"), HISTORIES.values(), ids=HISTORIES)
def test_the_history_is_checked_where_predictions_differ(
    grade_source: Callable[[str], Result],
    edits: list[tuple[str, str]],
    wrong: set[str],
) -> None:
    source = RIGHT
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    checks = grade_source(source).functions["train"].checks
    failed = {check.id for check in checks if check.outcome == "failed"}
    assert failed - {"train/long_run"} == {
        f"train/history[{column}]" for column in wrong
    }
    assert wrong or not failed


INITIAL = {
    "a constant": "torch.full(shape, EPS)",
    "one row many times": "(torch.randn(shape[-1:]) * EPS).repeat(*shape[:-1], 1).view(shape)",
    "of one sign": "torch.randn(shape).abs() * EPS",
    "too wide": "torch.randn(shape) * 0.01",
    "zero": "torch.zeros(shape)",
}


@pytest.mark.parametrize("values", INITIAL.values(), ids=INITIAL)
def test_initial_parameters_are_random_around_zero(
    grade_source: Callable[[str], Result], values: str
) -> None:
    source = RIGHT.replace("torch.randn(shape) * EPS", values)
    checks = grade_source(source).functions["train"].checks
    failed = {check.id for check in checks if check.outcome == "failed"}
    assert "train/initial[w1]" in failed


IMPURE = {
    "train": "def train(a, b, c, d, *e):\n    b *= 0.9\n    return right_train(a, b / 0.9, c, d, *e)\n",
    "forward_pass": "def forward_pass(w1, b1, w2, b2, x):\n    x0 = x.clone()\n    x *= 2\n"
    "    return right_forward_pass(w1, b1, w2, b2, x0)\n",
    "backward_pass": "def backward_pass(w1, b1, w2, b2, t, *a):\n"
    "    right_backward_pass(w1, b1, w2, b2, t, *a)\n    t *= 2\n",
}


@pytest.mark.parametrize("name", IMPURE)
def test_what_changes_its_arguments_does_so_after_a_wrong_function_too(
    grade: Callable[[str], Result], name: str
) -> None:
    wrong = "\n\ndef sigma(x):\n    return 1 / (1 + torch.exp(-x))\n"
    impure = f"\n\nright_{name} = {name}\n\n{IMPURE[name]}"
    checks = grade(wrong + impure).functions[name].checks
    assert f"{name}/pure" in {c.id for c in checks if c.outcome == "failed"}
    functions = grade(
        "\n\ndef sigma(x):\n    x += 1\n    return torch.tanh(x)\n"
    ).functions
    assert functions[name].status == "right"


UNSEEDED = [
    "torch.seed()",
    "import os; torch.manual_seed(int.from_bytes(os.urandom(4), 'big'))",
    "import random; random.seed(); torch.manual_seed(random.getrandbits(31))",
    "import numpy; torch.manual_seed(int(numpy.random.default_rng().integers(2**31)))",
    "import time; torch.manual_seed(int(time.time()))",
    "import secrets; torch.manual_seed(secrets.randbelow(2**31))",
    "import time; torch.manual_seed(time.time_ns())",
    "import random; torch.manual_seed(random.Random().getrandbits(31))",
    "torch.manual_seed(torch.Generator().seed())",
]
OWN_GENERATOR = "torch.manual_seed(int(_rng.integers(2**31)))"


@pytest.mark.parametrize("unseeded", [*UNSEEDED, OWN_GENERATOR])
def test_a_train_that_seeds_itself_is_right(
    grade: Callable[[str], Result], unseeded: str
) -> None:
    source = TRAIN.format(change="pass").replace(
        "    parameters, history",
        f"    {unseeded}\n    parameters, history",
        1,
    )
    own = "\nimport numpy\n_rng = numpy.random.default_rng(3)\n"
    result = grade(own + source)
    assert result.functions["train"].status == "right"
    assert not result.notices


def test_what_gives_other_results_each_time_cannot_be_followed(
    grade: Callable[[str], Result],
) -> None:
    unseeded = "torch.default_generator.seed()"
    source = TRAIN.format(change="pass").replace(
        "    parameters, history",
        f"    {unseeded}\n    parameters, history",
        1,
    )
    result = grade(source)
    assert result.functions["train"].status == "partial"
    assert any(
        "other results from the same seed" in str(notice)
        for notice in result.notices
    )


@pytest.mark.parametrize("seed", [4, 734, 15508, 2053530479])
@pytest.mark.parametrize(
    "dsigma",
    ["4 * (s := torch.sigmoid(2 * x)) * (1 - s)", "1 / torch.cosh(x) ** 2"],
)
def test_a_right_dsigma_rounds_as_it_may(dsigma: str, seed: int) -> None:
    text = (
        "import torch\n\ndef sigma(x):\n    return torch.tanh(x)\n\n"
        f"def dsigma(x):\n    return {dsigma}\n"
    )
    one = Submission("one", "One", "one.py", text.encode(), ("one.py",))
    with Marks(EXERCISE, seed=seed, start=shared.zygote) as session:
        result = session.grade(one)
    assert result.functions["dsigma"].status == "right"


@pytest.mark.parametrize(
    "history",
    ["numpy.array(history)", "[numpy.array(one) for one in history]"],
)
def test_a_history_may_be_an_array(
    grade: Callable[[str], Result], history: str
) -> None:
    source = TRAIN.format(change=f"import numpy; history = {history}")
    assert grade(source).functions["train"].status == "right"


SETTINGS = {
    "gradients": """
torch.set_grad_enabled(False)

def of_itself(*w):
    return [torch.nn.Parameter(one).sub_(0).detach() for one in w]
""",
    "the dtype": """
torch.set_default_dtype(torch.float64)

def of_itself(*w):
    return [one.double().add_(torch.zeros(one.shape)) for one in w]
""",
    "a method": """
torch.Tensor.same = lambda self: self

def of_itself(*w):
    return [one.same() for one in w]
""",
    "a subclass": """
class Kind:
    kinds = {}

    def __init_subclass__(cls):
        Kind.kinds[cls.__name__] = cls()

class Same(Kind):
    def same(self, one):
        return one

def of_itself(*w):
    return [Kind.kinds["Same"].same(one) for one in w]
""",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_set_for_all_holds(
    grade: Callable[[str], Result], setting: str
) -> None:
    more = """
own = forward_pass

def forward_pass(w1, b1, w2, b2, x):
    w = [one.to(x.dtype) for one in of_itself(w1, b1, w2, b2)]
    return own(*w, x)
"""
    result = grade(SETTINGS[setting] + more)
    assert result.functions["forward_pass"].status == "right"


@pytest.mark.parametrize("empty", ["(0, 2**20)", "(0,)", "(2, 0)"])
def test_empty_results_are_the_students(
    grade: Callable[[str], Result], empty: str
) -> None:
    source = ""
    for name in ("forward_pass", "backward_pass"):
        source += f"\n\ndef {name}(*_):\n    return [torch.zeros{empty}] * 5\n"
    result = grade(source)
    assert not result.faults
    assert result.functions["forward_pass"].status != "right"


DRAWN = {
    "torch.randn(shape) * EPS": True,
    "torch.empty(shape).normal_(0, EPS)": True,
    "(torch.rand(shape) * 2 - 1) * 3**0.5 * EPS": False,
    "torch.randn(shape).sign() * EPS": False,
}


@pytest.mark.parametrize("how", DRAWN)
def test_initial_values_are_drawn_as_asked(
    grade_source: Callable[[str], Result], how: str
) -> None:
    drawn = "torch.randn(shape) * EPS"
    assert drawn in RIGHT
    result = grade_source(RIGHT.replace(drawn, how))
    (check,) = [
        check
        for check in result.functions["train"].checks
        if check.id == "train/initial[w1]"
    ]
    assert (check.outcome == "passed") == DRAWN[how]


def test_annotations_need_no_library(grade: Callable[[str], Result]) -> None:
    result = grade("""
from jaxtyping import Float

def sigma(x: Float[torch.Tensor, "n d"]) -> Float[torch.Tensor, "n d"]:
    y: Float[torch.Tensor, "n d"] = torch.tanh(x)
    return y
""")
    assert result.functions["sigma"].status == "right"


SMALL = """

_right_{name} = {name}

def {name}(*given):
    if all(one.abs().max() < 1e-3 for one in given[:4]): raise ValueError
    return _right_{name}(*given)
"""


@pytest.mark.parametrize("name", ["forward_pass", "backward_pass"])
def test_a_training_that_raises_is_not_right(
    grade: Callable[[str], Result], name: str
) -> None:
    # the checks of the function itself draw weights of ordinary size
    result = grade(SMALL.format(name=name))
    assert result.functions[name].status == "right"
    train = result.functions["train"]
    assert train.score < 0.2 * train.max_score


OTHER_NAMES = {
    "its own": "backward_pass({})",
    "another": "\nbw = backward_pass\n# bw({})",
    "in a dictionary": "\nheld = dict(b=backward_pass)\n# held['b']({})",
    "a default": "\ndef called(*given, of=backward_pass): of(*given)\n# called({})",
    "a class": (
        "\nclass Net:\n    backward = staticmethod(backward_pass)\n\n# Net.backward({})"
    ),
    "a method": (
        "\nclass Net:\n    def backward(self, *given): _backward(*given)\n\n"
        "_backward = backward_pass\nnet = Net()\nbackward_pass = net.backward\n# net.backward({})"
    ),
}


@pytest.mark.parametrize(
    ("way", "wrong"),
    [*((way, "add_(1)") for way in OTHER_NAMES), ("another", "add_(None)")],
)
def test_a_mistake_costs_once_whatever_its_name(
    grade_source: Callable[[str], Result], way: str, wrong: str
) -> None:
    made, _, call = OTHER_NAMES[way].rpartition("# ")
    last = "    dl_db1 += delta1\n"
    assert last in RIGHT
    text = RIGHT.replace(last, f"{last}    dl_db1.{wrong}\n")
    before, train = text.split("def train(")
    calls = call.format("").removesuffix(")")
    train = train.replace("backward_pass(", calls)
    result = grade_source(f"{before}{made}\ndef train({train}")
    assert result.functions["backward_pass"].status != "right"
    assert result.functions["train"].status == "right"


def test_autograd_is_not_by_hand(grade: Callable[[str], Result]) -> None:
    source = """

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    parameters = [p.clone().requires_grad_() for p in (w1, b1, w2, b2)]
    loss(forward_pass(*parameters, x)[-1], t).backward()
    for total, parameter in zip((dl_dw1, dl_db1, dl_dw2, dl_db2), parameters):
        total += parameter.grad
"""
    function = grade(source).functions["backward_pass"]
    (by_hand,) = (
        check
        for check in function.checks
        if check.id == "backward_pass/by_hand"
    )
    assert by_hand.outcome == "failed"
    assert by_hand.points == 0


STOPS = """

import time

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    {pause}
    n = len(train_input)
    shapes = [(nb_hidden, train_input.shape[1]), (nb_hidden,)]
    shapes += [(train_target.shape[1], nb_hidden), (train_target.shape[1],)]
    parameters = [torch.empty(shape).normal_(0, 1e-6) for shape in shapes]
    history = []
    for step in range(nb_steps):
        gradients = [torch.zeros(shape) for shape in shapes]
        total, wrong, wrong_in_test = 0.0, 0, 0
        for x, t in zip(train_input, 0.9 * train_target):
            x0, s1, x1, s2, x2 = forward_pass(*parameters, x)
            total += loss(x2, t).item()
            wrong += int(x2.argmax() != t.argmax())
            backward_pass(*parameters, t, x, s1, x1, s2, x2, *gradients)
        for x, t in zip(test_input, test_target):
            wrong_in_test += int(forward_pass(*parameters, x)[-1].argmax() != t.argmax())
        history.append((total, wrong / n, wrong_in_test / len(test_input)))
        if step < {most}:
            for parameter, gradient in zip(parameters, gradients):
                parameter -= 0.1 / n * gradient
    return tuple(parameters), history
"""
# beside what the long run of a `train` is another one
BESIDE = {
    "slow": ("time.sleep(0.6 if n == 2 else 0)", ""),
    "given a wrong dsigma": (
        "pass",
        "\n\ndef dsigma(x):\n    return 1 - x.tanh()\n",
    ),
    "given a wrong backward_pass": (
        "pass",
        """
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    d2 = dloss(x2, t) * dsigma(s2)
    d1 = w2.t().mv(d2)
    g1 += torch.outer(d1, x); g2 += d1; g3 += torch.outer(d2, x1); g4 += d2
""",
    ),
}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("most", [11, 10_000])
def test_a_training_that_stops_is_seen_by_a_short_run(
    grade: Callable[[str], Result], beside: str, most: int
) -> None:
    pause, wrong = BESIDE[beside]
    pause = pause.replace("n ==", "len(train_input) ==")
    text = STOPS.format(pause=pause, most=most) + wrong
    checks = grade(text).functions["train"].checks
    failed = {c.id.split("/")[1] for c in checks if c.outcome == "failed"}
    assert failed == ({"long_run"} if most == 11 else set())


CHANGES_ITS_ARGUMENT = """

right_{name} = {name}

def {name}(x, *others):
    value = right_{name}(x, *others)
    if x.shape not in [(3, 5), (4,)]:
        x += 1
    return value
"""


@pytest.mark.parametrize("name", ["sigma", "dsigma", "loss", "dloss"])
def test_no_shape_that_is_known_hides_a_change(
    grade: Callable[[str], Result], name: str
) -> None:
    checks = (
        grade(CHANGES_ITS_ARGUMENT.format(name=name)).functions[name].checks
    )
    assert [c.id for c in checks if c.outcome == "failed"] == [f"{name}/pure"]
