"""Forgeries against the exercise itself: a wrong file stays wrong, a right function stays right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shared

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission

WRONG = "def sigma(x):\n    {deed}\n    return x\n\n\ndef dsigma(x):\n    return 1 - x.tanh().pow(2)\n"
IMPORTS = "import torch, sys, builtins, random, numpy\n\n\n"
FORGERIES = {
    "patched torch": "torch.tanh = torch.Tensor.tanh = lambda x: x; torch.allclose = lambda *a, **k: True",
    "patched seeds": "torch.manual_seed = random.seed = numpy.random.seed = lambda *a: None",
    "forged arguments": "x.copy_(x.atanh()) if x.is_floating_point() else None",
    "class of the argument": "x.__class__ = type('T', (torch.Tensor,), {'__eq__': lambda *a: True})",
    "answers by frames": "sys._getframe(1).f_locals.get('reply', {}).update(value=x.tanh(), error=None)",
    "no gradients": "torch.set_grad_enabled(False); torch.set_default_dtype(torch.float64)",
}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """The exercise, as the command grades it."""
    with shared.session(Exercise.load("practical3")) as made:
        yield made


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_earns_nothing(session: Session, name: str) -> None:
    text = IMPORTS + WRONG.format(deed=FORGERIES[name])
    result = session.grade(
        submission.Submission(name, name, "x.py", text.encode(), ("x.py",))
    )
    honest = session.exercise.functions["dsigma"].points
    assert result.functions["sigma"].status in ("wrong", "partial")
    assert (
        result.functions["sigma"].score
        < session.exercise.functions["sigma"].points / 2
    )
    assert result.score <= honest + result.functions["sigma"].score


ODD_VALUES = {
    "none": "None",
    "text": "'x' * 10**6",
    "nested": "[[x], (x, {'a': x})]",
    "infinite": "float('inf')",
    "complex": "torch.zeros(5, dtype=torch.complex128)",
    "truth": "torch.ones(5, dtype=torch.bool)",
    "empty": "torch.empty(0, 3, 0)",
    "many": "tuple(torch.zeros(()) for _ in range(5))",
    "large integer": "2**70",
    "function": "print",
    "half": "torch.full((5,), float('nan'), dtype=torch.float16)",
    "row of tensors": "(x, x[0], torch.zeros(3, 3), torch.ones(2, dtype=torch.int64), [[1, 2, 3]])",
    "numbers as parameters": "((torch.zeros((), dtype=torch.int8),) * 4, [(1, 2, 3)])",
    "complex parameters": "((torch.ones(50, 784, dtype=torch.complex64),) * 4, torch.ones(1, 3))",
    "pairs": "((x, x, x, x), [(float('nan'), 'a', None)])",
}
NAMES = (
    "sigma",
    "dsigma",
    "loss",
    "dloss",
    "forward_pass",
    "backward_pass",
    "train",
)


@pytest.mark.parametrize("kind", ODD_VALUES)
def test_odd_values_are_the_students_fault(
    session: Session, kind: str
) -> None:
    """Whatever a function returns, the checks and the diagnosis judge it; none of them fails by itself."""
    lines = [
        f"def {name}(*a):\n    x = a[0]\n    return {ODD_VALUES[kind]}\n\n\n"
        for name in NAMES
    ]
    text = "import torch\n\n\n" + "".join(lines)
    result = session.grade(
        submission.Submission(kind, kind, "x.py", text.encode(), ("x.py",))
    )
    assert result.score < session.exercise.max_score / 10
    assert all(f.status != "right" for f in result.functions.values())
