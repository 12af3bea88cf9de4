"""Hand-written trainings for the tests of this folder, and ways to look at them."""

from __future__ import annotations

from typing import Any

import torch
from exercises import without_search
from inprocess import Here, base, evidence
from torch import Tensor

from grader.diagnosis import diagnose
from grader.diagnosis.iterating.case import IteratingCase
from grader.diagnosis.verdict import Diagnosis
from grader.exercise import Exercise

SEARCHED = Exercise.load("practical3")
EXERCISE = without_search(SEARCHED)  # for what is named, not where

TRAIN = """
def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    targets = train_target * 0.9
    n = len(train_input)
    eta = 0.1 / n
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(targets.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(targets.size(1)).normal_(0, 1e-6)
    gradients = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
    history = []
    for _ in range(nb_steps):
        for g in gradients:
            g.zero_()
        total, wrong = 0.0, 0
        for x, t in zip(train_input, targets):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            total += loss(x2, t).item()
            wrong += int(x2.argmax() != t.argmax())
            backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, *gradients)
        test_wrong = 0
        for x, t in zip(test_input, test_target):
            test_wrong += int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
        history.append((total, wrong / n, test_wrong / len(test_input)))
        for p, g in zip((w1, b1, w2, b2), gradients):
            p.sub_(eta * g)
    return (w1, b1, w2, b2), history
"""


NOTEBOOK_LOOP = """
def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    train_target = train_target * 0.9
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, math.exp(-6))
    b1 = torch.empty(nb_hidden).normal_(0, math.exp(-6))
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, math.exp(-6))
    b2 = torch.empty(train_target.size(1)).normal_(0, math.exp(-6))
    eta = 0.1
    dl_dw1, dl_db1 = torch.empty(w1.size()), torch.empty(b1.size())
    dl_dw2, dl_db2 = torch.empty(w2.size()), torch.empty(b2.size())
    for i, row in enumerate(train_input):
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()
        t = train_target[i]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, row)
        backward_pass(w1, b1, w2, b2, t, row, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        w1.substract(eta * dl_dw1)
        b1.substract(eta * dl_db1)
        w2.substract(eta * dl_dw2)
        b2.substract(eta * dl_db2)
    return (w1, b1, w2, b2), []
"""


def edited(*edits: tuple[str, str], source: str = TRAIN) -> str:
    """A training with edits of its text, each of which must apply."""
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    return source


def case_of(source: str, **names: Any) -> IteratingCase:
    """A training under diagnosis, nothing asked of it yet. names: more variables of its module."""
    known = {**base(EXERCISE), **names}
    return IteratingCase(
        EXERCISE,
        "train",
        Here(source, known),
        evidence(source, "train", known),
        {},
    )


def diagnosed(
    source: str, exercise: Exercise = EXERCISE, **names: Any
) -> Diagnosis:
    """The diagnosis of a training. exercise: SEARCHED for the places too."""
    known = {**base(EXERCISE), **names}
    return diagnose(
        exercise,
        "train",
        Here(source, known),
        evidence(source, "train", known),
    )


def trained(*edits: tuple[str, str], **names: Any) -> Diagnosis:
    """The diagnosis of TRAIN with edits."""
    return diagnosed(edited(*edits), **names)


def form_of(id_: str) -> Any:
    """The first form of a mistake."""
    return next(
        form
        for known in EXERCISE.misconceptions
        if known.id == id_
        for form in known.forms
    )


def ids(forms: Any) -> set[str]:
    """The mistakes that forms make."""
    return {form.id for form in forms}


def greatest_difference(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> float:
    """Of two lists of parameters, over all entries."""
    return max(float((x - y).abs().max()) for x, y in zip(a, b, strict=True))


def drawn(spread: float, seed: int = 0) -> tuple[Tensor, ...]:
    """Parameters of 50 hidden units for 40 inputs and 10 classes."""
    draw = torch.Generator().manual_seed(seed)
    shapes = [(50, 40), (50,), (10, 50), (10,)]
    return tuple(
        spread * torch.randn(*shape, generator=draw) for shape in shapes
    )
