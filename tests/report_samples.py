"""Results as grading gives them, and an exercise, built by hand for the tests of the reports."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import fields, replace

from grader.exercise import Exercise
from grader.notices import Notice
from grader.results import (
    CheckResult,
    Curves,
    FunctionResult,
    GradedFiles,
    Mismatch,
    Note,
    Result,
    Source,
)


def remark(text: str) -> Notice:
    return Notice("remark", {"text": text})


POINTS = {
    "sigma": 1.0, "dsigma": 2.0, "loss": 1.0, "dloss": 2.0, "forward_pass": 3.0, "backward_pass": 6.0,
    "train": 5.0,
}  # fmt: skip

RIGHT = {
    "sigma": "def sigma(x):\n    return torch.tanh(x)\n",
    "dsigma": "def dsigma(x):\n    return 1 - torch.tanh(x).pow(2)\n",
    "loss": "def loss(v, t):\n    return (v - t).pow(2).sum()\n",
    "dloss": "def dloss(v, t):\n    return 2 * (v - t)\n",
    "forward_pass": (
        "def forward_pass(w1, b1, w2, b2, x):\n    x0 = x\n    s1 = w1.mv(x0) + b1\n    x1 = sigma(s1)\n"
        "    s2 = w2.mv(x1) + b2\n    x2 = sigma(s2)\n    return x0, s1, x1, s2, x2\n"
    ),
    "backward_pass": (
        "def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2,\n"
        "                  dl_dw1, dl_db1, dl_dw2, dl_db2):\n"
        "    x0 = x\n    dl_dx2 = dloss(x2, t)\n    dl_ds2 = dsigma(s2) * dl_dx2\n"
        "    dl_dx1 = w2.t().mv(dl_ds2)\n    dl_ds1 = dsigma(s1) * dl_dx1\n\n"
        "    dl_dw2.add_(dl_ds2.view(-1, 1).mm(x1.view(1, -1)))\n    dl_db2.add_(dl_ds2)\n"
        "    dl_dw1.add_(dl_ds1.view(-1, 1).mm(x0.view(1, -1)))\n    dl_db1.add_(dl_ds1)\n"
    ),
    "train": (
        "def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):\n"
        '    """Gradient descent, as the hand-out words it."""\n'
        "    eta, zeta = 0.1 / len(train_input), 0.9\n    # ...\n    return (w1, b1, w2, b2), history\n"
    ),
}

# The second backward pass of the source notebook, as it stands there.
BACKWARD_ATTEMPT = """def backward_pass(w1, b1, w2, b2, 
                  t, 
                  x, s1, x1, s2, x2, 
                  dl_w1, dl_db1, dl_dw2, dl_db2):
    
    dl_dx2 = dloss(t, x2)
    dl_ds2 = dl_dx2 * dsigma(s2).t()

    dl_dx1 = w2 * dl_ds2
    dl_ds1 = dl_dx2 * dsigma(s1).t()
    
    dl_dw2 += dl_ds2 * x1.t() 
    dl_db2 += dl_ds2
    
    dl_dw1 += dl_ds1 * x0 
    dl_db1 += dl_ds1
    
    return dl_w1, dl_db1, dl_dw2, dl_db2
"""  # noqa: W291, W293 - the student's own spaces

TITLE = "A check with a French title."
FRENCH_TITLE = "Une vérification avec un titre français."

NOTES = {
    note.id: note
    for note in (
        Note(
            "loss-sum-before-square",
            "loss",
            "The differences are summed before they are squared",
            "`(v - t).sum().pow(2)` lets errors of opposite sign cancel: a response that is far off in two"
            " components can have a loss of 0. The loss is the squared distance\n"
            r"$\ell(v, t) = \sum_i (v_i - t_i)^2$, in which every component counts.",
            "In which order do the square and the sum come in the formula?",
        ),
        Note(
            "dsigma-not-squared",
            "dsigma",
            "The square is missing in the derivative of tanh",
            r"The derivative is $\sigma'(x) = 1 - \tanh^2(x)$. Without the square it is not even positive:"
            " at {at} you return {actual}.",
            "Draw tanh and its slope. Where is the slope 1, and where is it 0?",
        ),
        Note(
            "backward-dloss-swapped",
            "backward_pass",
            "The arguments of `dloss` are swapped",
            r"`dloss(v, t)` differentiates with respect to its *first* argument. `dloss(t, x2)` is"
            r" $-\frac{\partial \ell}{\partial x_2}$: every gradient comes out with the wrong"
            " sign, and a gradient step climbs the loss.",
            "What is the response here, and what is the target?",
        ),
        Note(
            "backward-skips-dl_dx1",
            "backward_pass",
            "`dl_ds1` is computed from `dl_dx2`: a node of the graph is skipped",
            r"Between $x_2$ and $s_1$ lie $s_2$ and $x_1$. The chain rule passes through each of them:"
            r" $\frac{\partial \ell}{\partial s_1} = \sigma'(s_1) \odot \frac{\partial \ell}{\partial x_1}$."
            "\n\nYou compute `dl_dx1`, and then do not use it.",
            "Follow the arrows back from `loss` to `s1`. Which gradient is there before the activation?",
        ),
        Note(
            "backward-w2-elementwise",
            "backward_pass",
            "`w2 * dl_ds2` multiplies element by element",
            r"The forward pass has $s_2 = w_2 x_1 + b_2$, so going back takes the product with the transpose,"
            r" $w_2^\top \frac{\partial \ell}{\partial s_2}$: a vector of {nb_hidden} entries, not a matrix.",
            "What shape must `dl_dx1` have?",
        ),
        Note(
            "uses-global",
            "backward_pass",
            "`{name}` is read from the notebook, not from the arguments",
            "`{name}` is not an argument of this function. In your notebook a global of that name happens to"
            " exist, so the function seems to work, on whatever that global holds.",
            "Which argument carries this quantity?",
        ),
        Note(
            "not-implemented",
            "",
            "Nothing is computed yet",
            "The function's body does nothing.",
            "",
        ),
        Note(
            "train-ascends",
            "train",
            "The gradient is added",
            "A step *against* the gradient lowers the loss.",
            "Sign?",
        ),
    )
}


class SampleExercise(Exercise):
    """practical3 with texts of its own, so that rewording the real ones changes no test."""

    def notes(self, lang: str = "en") -> Mapping[str, Note]:
        del lang  # these notes are English only
        return NOTES

    def check_title(self, title: str, lang: str = "en") -> str:
        return FRENCH_TITLE if (title, lang) == (TITLE, "fr") else title


_practical3 = Exercise.load("practical3")
EXERCISE = SampleExercise(
    **{
        field.name: getattr(_practical3, field.name)
        for field in fields(_practical3)
    }
)


def right(identifier: str = "amelie") -> Result:
    """Everything right, with training curves."""
    functions = {name: _right(name) for name in POINTS}
    return _result(
        identifier, "Amélie Poulain", functions, curves=training_curves()
    )


def wrong(identifier: str = "bruno") -> Result:
    """A loss that is wrong and named, a backward pass with three mistakes, and what they block."""
    functions = {name: _right(name) for name in POINTS}
    functions["loss"] = _failed(
        "loss",
        "def loss(v, t):\n    return (v - t).sum().pow(2)\n",
        "The loss differs from the sum of the squared differences.",
        Mismatch("loss(v, t)", "values", "0.1296", "7.4409", 1, 1, 7.3113, ()),
        misconceptions=("loss-sum-before-square",),
        line=13,
    )
    functions["dloss"] = replace(functions["dloss"], follow_through=True)
    functions["backward_pass"] = replace(
        _failed(
            "backward_pass",
            BACKWARD_ATTEMPT,
            "`backward_pass` raised RuntimeError in line 41: The size of tensor a (4) must match the size of"
            " tensor b (7) at non-singleton dimension 1",
            None,
            misconceptions=(
                "backward-dloss-swapped", "backward-skips-dl_dx1", "backward-w2-elementwise", "uses-global",
            ),
            line=40,
        ),
        status="partial",
        score=1.0,
        first_wrong="dl_dx2",
        facts={"name": "x0", "nb_hidden": "5"},
        source=Source(BACKWARD_ATTEMPT, 31, cell=12, label="`def sigma(x):` (In [8])"),
        checks=(
            CheckResult("signature", "Takes its fifteen arguments by position", "passed", 1, 1),
            CheckResult(
                "dw2", "dl_dw2 is the gradient of the loss with respect to w2", "failed", 0, 1.5,
                "`dl_dw2` differs from what autograd finds.",
                Mismatch("dl_dw2", "values", "-0.8812", "0.8812", 15, 15, 1.7624, (2, 0)),
            ),
            CheckResult(
                "shape", "dl_dx1 has the shape of x1", "failed", 0, 1,
                "`dl_dx1` has another shape than `x1`.",
                Mismatch("dl_dx1", "shape", "(3, 5)", "(5,)"),
            ),
            CheckResult(
                "dtype", "The accumulators keep their dtype", "failed", 0, 0.5, "`dl_db2` changed its dtype.",
                Mismatch("dl_db2", "dtype", "torch.float64", "torch.float32"),
            ),
            CheckResult(
                "accumulates", "Adds to what the accumulators hold", "blocked", 0, 2,
                "Not judged: it needs gradients that are right.",
            ),
        ),
    )  # fmt: skip
    functions["train"] = FunctionResult(
        "blocked", 0, POINTS["train"],
        checks=(CheckResult("step", "One step", "blocked", 0, 5, "Not judged: it needs `backward_pass`."),),
        source=Source(RIGHT["train"], 60),
    )  # fmt: skip
    notices = (
        Notice("loop-not-run", line=3, cell=15, label="`# training` (In [9])"),
    )
    return _result(
        identifier,
        "Bruno Martin",
        functions,
        notices=notices,
        curves=training_curves(factor=1.7),
    )


def unfinished(identifier: str = "chloe") -> Result:
    """Functions missing, one unexplained, one that ran out of time; nothing could be isolated."""
    functions = {
        name: FunctionResult("missing", 0, points)
        for name, points in POINTS.items()
    }
    functions["sigma"] = _right("sigma")
    functions["dsigma"] = _failed(
        "dsigma",
        "def dsigma(x):\n    return 4 * (x.exp() + x.mul(-1).exp()).pow(-3)\n",
        "`dsigma` differs from the slope of your own `sigma`.",
        Mismatch(
            "dsigma(x)", "values", "nan", "0.4199743", 11, 12, None, (1, 2)
        ),
        line=9,
    )
    functions["loss"] = replace(
        _failed(
            "loss",
            "def loss(v, t):\n    pass\n",
            "`loss` returned None.",
            None,
            ("not-implemented",),
        ),
        alternatives=(
            ("not-implemented",),
            ("loss-sum-before-square", "dsigma-not-squared"),
        ),
    )
    functions["train"] = _failed(
        "train",
        RIGHT["train"],
        "`train` did not return in 20 s.",
        Mismatch("history", "type", "NoneType", "list"),
    )
    notices = (
        Notice(
            "no-result",
            {"function": "train", "reason": "it did not return within 20 s"},
        ),
        Notice("prints-a-lot", {"kilobytes": "64"}),
    )
    isolation = {
        "landlock": "unavailable: the kernel is older than 5.13",
        "seccomp": "enforced",
    }
    return _result(
        identifier,
        "Chloé O'Neil",
        functions,
        notices=notices,
        isolation=isolation,
    )


HOSTILE = (
    '</script></style></title></textarea>--><script>document.title="owned"</script>'
    '<img src=x onerror=document.title="owned">" onmouseover="document.title=1" \'{{7*7}}{% raw %}'
    "\x1b[2J\x1b]0;owned\x07\r\u202egnp.exe\u2066\ud800\x00 =HYPERLINK(1) [a](javascript:1) ![](http://x.invalid/y)"
    " `code` $x$ ::error::owned @everyone |"
)


def hostile(identifier: str = 'eve"><b>\u202e') -> Result:
    """Every text that a student can choose tries to break out of its place."""
    source = Source(
        f'def sigma(x):\n    """{HOSTILE}"""\n    return "</pre><script>alert(1)</script>"\n',
        1,
    )
    check = CheckResult(
        "values", "Values", "failed", 0, 1, f"`sigma` raised Evil: {HOSTILE}",
        Mismatch(HOSTILE, "type", HOSTILE, HOSTILE),
    )  # fmt: skip
    functions = {
        name: FunctionResult("missing", 0, points)
        for name, points in POINTS.items()
    }
    functions["sigma"] = FunctionResult(
        "wrong", 0, 1, misconceptions=("uses-global", HOSTILE), first_wrong=HOSTILE, line=2, checks=(check,),
        source=source, facts={"name": HOSTILE},
    )  # fmt: skip
    sample = _result(
        identifier,
        "=cmd|' /C calc'!A0" + HOSTILE,
        functions,
        notices=(
            Notice("remark", {"text": HOSTILE}),
            Notice("no-result", {"function": HOSTILE, "reason": HOSTILE}),
        ),
    )
    return replace(
        sample,
        submission=replace(
            sample.submission, files=("-rf; $(reboot) " + HOSTILE + ".py",)
        ),
        versions={"torch": HOSTILE},
        isolation={"seccomp": "unavailable: " + HOSTILE},
    )


def large(identifier: str = "dora") -> Result:
    """As long as a submission can make a report: long functions of dense text, many notices, long curves."""
    functions = {
        name: _failed(
            name,
            f"def {name}(x):\n"
            + "".join(f"    y{i}=a+b*c-d<e>f&{i}\n" for i in range(4_000)),
            "x" * 100_000,
            Mismatch(
                "q" * 9_000,
                "values",
                "1" * 9_000,
                "2" * 9_000,
                1,
                2,
                math.inf,
                (0,),
            ),
            misconceptions=("backward-skips-dl_dx1",),
            line=2_000,
        )
        for name in POINTS
    }
    notices = tuple(
        Notice("remark", {"text": f"notice {index}: " + "y" * 3_000})
        for index in range(500)
    )
    return _result(
        identifier,
        "D" * 10_000,
        functions,
        notices=notices,
        curves=training_curves(steps=1_000),
    )


def a_class(number: int = 1_000, seed: int = 0) -> tuple[Result, ...]:
    """`number` submissions in an honest mixture."""
    draw = random.Random(seed)
    samples = [right(), wrong(), unfinished()]
    results = []
    for index in range(number):
        ability = draw.random()
        functions = {
            name: _right(name)
            if draw.random() < 0.35 + 0.6 * ability
            else _random_failure(name, draw)
            for name in POINTS
        }
        identifier = f"student-{index:04d}"
        name = (
            draw.choice(("Amélie", "Bruno", "Chloé", "Đỗ", "Sven"))
            + f" {draw.choice('ABCDE')}. Nr {index}"
        )
        sample = _result(identifier, name, functions)
        results.append(
            sample
            if draw.random() < 0.97
            else replace(sample, notices=samples[2].notices)
        )
    return tuple(results)


def training_curves(steps: int = 60, factor: float = 1.0) -> Curves:
    """Curves that fall as the reference's do, the student's `factor` slower."""

    def entry(step: float) -> tuple[float, float, float]:
        fall = math.exp(-step / steps * 4)
        return 33 + 777 * fall, 0.9 * fall, 0.08 + 0.8 * fall

    reference = tuple(entry(step) for step in range(steps))
    return Curves(
        tuple(entry(step / factor) for step in range(steps)), reference
    )


def _right(name: str) -> FunctionResult:
    points = POINTS[name]
    checks = (
        CheckResult(
            f"{name}_shape",
            "Shape and dtype of the result",
            "passed",
            0.25 * points,
            0.25 * points,
        ),
        CheckResult(
            f"{name}_values", "Values", "passed", 0.75 * points, 0.75 * points
        ),
    )
    return FunctionResult(
        "right", points, points, checks=checks, source=Source(RIGHT[name], 5)
    )


def _failed(
    name: str,
    source: str,
    message: str,
    mismatch: Mismatch | None,
    misconceptions: tuple[str, ...] = (),
    line: int | None = None,
) -> FunctionResult:
    points = POINTS[name]
    checks = (
        CheckResult(
            f"{name}_shape",
            "Shape and dtype of the result",
            "passed",
            0,
            0.25 * points,
        ),
        CheckResult(
            f"{name}_values",
            "Values",
            "failed",
            0,
            0.75 * points,
            message,
            mismatch,
        ),
    )
    first = 12 if line is None else max(1, line - 1)
    return FunctionResult(
        "wrong",
        0,
        points,
        misconceptions=misconceptions,
        line=line,
        checks=checks,
        source=Source(source, first),
    )


def _random_failure(name: str, draw: random.Random) -> FunctionResult:
    named = draw.choice(list(NOTES)) if draw.random() < 0.8 else None
    if draw.random() < 0.1:
        return FunctionResult("missing", 0, POINTS[name])
    return _failed(
        name, RIGHT[name], "Values differ.", None, (named,) if named else ()
    )


def _result(
    identifier: str,
    name: str,
    functions: dict[str, FunctionResult],
    notices: tuple[Notice, ...] = (),
    isolation: dict[str, str] | None = None,
    curves: Curves | None = None,
) -> Result:
    return Result(
        exercise="practical3",
        profile="quick",
        submission=GradedFiles(
            identifier, name, ("practical-3.ipynb",), "0" * 64
        ),
        seed=1234,
        versions={"grader": "0.1.0", "python": "3.11.2", "torch": "2.13.0"},
        started="2026-11-23T23:15:00+00:00",
        duration_s=0.084,
        score=sum(function.score for function in functions.values()),
        max_score=sum(function.max_score for function in functions.values()),
        functions=functions,
        notices=notices,
        isolation=isolation
        or {
            "landlock": "enforced",
            "seccomp": "enforced",
            "limits": "enforced",
        },
        curves=curves,
    )


def with_a_failed_check(title: str) -> Result:
    """A result in which `loss` fails one check, of that title."""
    result = wrong()
    check = CheckResult("loss/x", title, "failed", 0.0, 1.0)
    loss = replace(result.functions["loss"], checks=(check,))
    return replace(result, functions={**result.functions, "loss": loss})


ALL = [right, wrong, unfinished, hostile, large]
