"""A function that does nothing earns nothing more because of one that says that nothing is right."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterator

import broken
import liars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import Result

CASES = broken.ROOT / "tests" / "cases" / "verdict"
ROUNDING = 1e-6
# of `train`: what it returns, its initial parameters, the number of entries, its arguments unchanged
IDLE_TRAIN = 1.125


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    exercise = broken.quick(Exercise.load("practical3"))
    with broken.WithoutDiagnosis(exercise, seed=4) as warm:
        yield warm


@pytest.fixture(scope="module")
def honest(session: Session) -> object:
    """What a submission earns in which one function does nothing and none lies."""

    @functools.cache
    def grade(idle: str, how: str) -> Result:
        return session.grade(
            liars.Liar(idle, how, "sigma", "always", "zeros", "none").honest
        )

    return grade


# each is graded twice, which takes two seconds
@settings(max_examples=max(10, settings.default.max_examples // 2))
@given(liar=st.sampled_from(liars.liars()))
def test_a_liar_earns_no_more_than_its_honest_part(
    session: Session, honest: object, liar: liars.Liar
) -> None:
    expected = honest(liar.idle, liar.how)  # type: ignore[operator]
    result = session.grade(liar.lying)
    own = result.functions[liar.idle].score
    assert own <= expected.functions[liar.idle].score + ROUNDING
    assert result.score <= expected.score + ROUNDING


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("01_fake_history_20_of_20.py", 14 + IDLE_TRAIN),
        ("02_followthrough_fake_train_19.75.py", 13.75 + IDLE_TRAIN),
        ("03_seven_functions_that_compute_nothing_12_of_20.py", 2),
    ],
)
def test_a_made_up_history_earns_shapes_and_initial_values(
    session: Session, name: str, most: float
) -> None:
    path = CASES / name
    data = path.read_bytes()
    result = session.grade(Submission("x", name, name, data, (name,)))
    assert result.functions["train"].score <= IDLE_TRAIN
    assert result.score <= most + ROUNDING


NOTHING = """
import torch

def sigma(x): return x.clone()
def dsigma(x): return torch.ones_like(x)
def loss(v, t): return v.sum()
def dloss(v, t): return torch.ones_like(v)

def forward_pass(w1, b1, w2, b2, x):
    return {quantities}

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
    pass

def train(a, t, c, u, nb_hidden=50, nb_steps=1000):
    n, m = a.shape[1], t.shape[1]
    sizes = (nb_hidden, n), (nb_hidden,), (m, nb_hidden), (m,)
    p = tuple(torch.randn(size) * 1e-6 for size in sizes)
    return p, [(0.0, 0.0, 0.0)] * nb_steps
"""
QUANTITIES = [
    "x, b1, b1, b2, b2",
    "x, 1e-30 * b1, 1e-30 * b1, b2, b2",
    "x, 1e-30 * b1, 1e-30 * b1, b2, b2.tanh()",
    "x, 1e-9 * w1[:, 0], 1e-9 * w1[:, 0], b2, b2",
]


@pytest.mark.parametrize("quantities", QUANTITIES)
def test_what_computes_nothing_earns_little(
    session: Session, quantities: str
) -> None:
    source = NOTHING.format(quantities=quantities)
    result = session.grade(
        Submission("x", "x.py", "x.py", source.encode(), ("x.py",))
    )
    assert result.score <= 2


TRICKS = {
    # function -> texts behind a right submission that must cost what they leave out
    "raises when it is awake": (
        "train",
        """
        _train = train
        def train(a, b, c, d, nb_hidden=50, nb_steps=1000):
            if nb_steps in (7, 8):
                raise ValueError("not now")
            (w1, *others), history = _train(a, b, c, d, nb_hidden, nb_steps)
            return (w1 + (nb_steps > 8), *others), history
        """,
    ),
    "gives no numbers": (
        "train",
        """
        _train = train
        def train(a, b, c, d, nb_hidden=50, nb_steps=1000):
            (w1, b1, w2, b2), history = _train(a, b, c, d, nb_hidden, 0)
            return (w1, b1, w2, b2 * float("nan")), [(1.0, 0.5, 0.5)] * nb_steps
        """,
    ),
    "learns elsewhere": (
        "train",
        """
        _train = train
        def train(a, b, c, d, nb_hidden=50, nb_steps=1000):
            parameters, history = _train(a, b, c, d, nb_hidden, nb_steps)
            if nb_steps > 20:
                parameters = tuple(5 * p for p in parameters)
            return parameters, history
        """,
    ),
    "has its derivative differentiate": (
        "backward_pass",
        """
        def dsigma(x, of=None):
            if of is not None:
                return torch.autograd.grad(x, of)
            x = x.detach().clone().requires_grad_()
            return torch.autograd.grad(torch.tanh(x).sum(), x)[0]

        def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, *gradients):
            p = [one.clone().requires_grad_() for one in (w1, b1, w2, b2)]
            all_of_it = loss(forward_pass(*p, x)[-1], t)
            for gradient, one in zip(gradients, dsigma(all_of_it, p)):
                gradient += one
        """,
    ),
    "lies where it takes part": (
        "backward_pass",
        """
        _dsigma = dsigma
        def dsigma(x):
            if x.dtype == torch.float64:
                return _dsigma(x) * 1.00001
            if x.shape in ((7,), (4, 3), (3, 5), ()):
                return _dsigma(x)
            return torch.ones_like(x)

        def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, g1, g2, g3, g4):
            d2 = dloss(x2, t)
            d1 = w2.t().mv(d2)
            g1 += torch.outer(d1, x); g2 += d1; g3 += torch.outer(d2, x1); g4 += d2
        """,
    ),
    "is far off once, so that it may be far off elsewhere": (
        "dsigma",
        """
        asked, at_home = [], []
        def sigma(x):
            at_home.extend(1 for one in asked[-1:] if one.equal(x))
            asked.append(x.clone())
            if not at_home and len(asked) > 8:
                return x.clone()
            return torch.tanh(x) * (1e9 if (x.abs() > 500).any() else 1)

        def dsigma(x):
            return torch.ones_like(x)
        """,
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_earns_nothing(session: Session, trick: str) -> None:
    function, text = TRICKS[trick]
    source = liars.RIGHT.read_text(encoding="utf-8") + textwrap.dedent(text)
    result = session.grade(
        Submission("x", "x.py", "x.py", source.encode(), ("x.py",))
    )
    found = result.functions[function]
    assert found.score < found.max_score - 0.7
