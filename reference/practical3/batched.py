"""The reference's `train`, all samples at once: the same steps, many times faster.

Tests hold it to `solution.train`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from .solution import ETA, ZETA

Parameters = tuple[Tensor, Tensor, Tensor, Tensor]
Entry = tuple[float, float, float]


def train(
    train_input: Tensor,
    train_target: Tensor,
    test_input: Tensor,
    test_target: Tensor,
    nb_hidden: int,
    nb_steps: int,
    parameters: Parameters,
) -> tuple[Parameters, list[Entry]]:
    """`nb_steps` gradient steps from `parameters`; inputs (N, D), targets (N, C). In float64.

    The gradient of w1 is a sum of the training inputs x', each times its ds1. So after any steps w1 x + b1 is
    what it was, plus the sum over x' of (x . x' + 1) times the steps that x' has made. w1 itself is only
    needed at the end, and the products x . x' once.
    """
    del nb_hidden  # the parameters tell
    nb_train, eta = len(train_input), ETA / len(train_input)
    inputs = torch.cat([train_input, test_input]).double()
    classes = torch.cat([train_target, test_target]).argmax(1)
    train_input, train_target = inputs[:nb_train], ZETA * train_target.double()
    w1, b1, w2, b2 = (p.double().clone() for p in parameters)
    start, products = torch.addmm(b1, inputs, w1.t()), (inputs @ train_input.t()).add_(1)
    steps = torch.zeros(nb_train, len(b1), dtype=torch.float64)
    losses, errors = [], []
    for _ in range(nb_steps):
        hidden = torch.addmm(start, products, steps).tanh_()
        response = torch.addmm(b2, hidden, w2.t()).tanh_()
        x1, x2 = hidden[:nb_train], response[:nb_train]
        difference = x2 - train_target
        losses.append(difference.square().sum())
        errors.append(response.argmax(1) != classes)
        ds2 = 2 * difference * (1 - x2.square())
        ds1 = (ds2 @ w2) * (1 - x1.square())
        w2.addmm_(ds2.t(), x1, alpha=-eta)
        b2.sub_(ds2.sum(0), alpha=eta)
        steps.sub_(ds1, alpha=eta)
    w1.addmm_(steps.t(), train_input)
    b1.add_(steps.sum(0))
    if not nb_steps:
        return (w1, b1, w2, b2), []
    wrong = torch.stack(errors).double()
    columns = torch.stack(losses), wrong[:, :nb_train].mean(1), wrong[:, nb_train:].mean(1)
    return (w1, b1, w2, b2), list(zip(*(column.tolist() for column in columns), strict=True))


def train_with(
    reference: Any,
    train_input: Tensor,
    train_target: Tensor,
    test_input: Tensor,
    test_target: Tensor,
    nb_steps: int,
    parameters: Parameters,
) -> tuple[Parameters, list[Entry]]:
    """The same with a student's functions in the reference: each is asked for all samples of a step at once.

    Raises ValueError where the order of the calls would matter, as one changes what others are given; and
    where the values are odd, whatever comes of them. `solution.train` copes with both.
    """
    train_target, nb_train = ZETA * train_target, len(train_input)
    samples, targets = [*train_input, *test_input], [*train_target, *test_target]
    w1, b1, w2, b2 = parameters = tuple(p.clone() for p in parameters)
    history = []
    for _ in range(nb_steps):
        with _untouched([*parameters, *samples]):
            passes = _forward(reference, parameters, samples)
        responses = [x2 for *_, x2 in passes]
        wrong = [bool(x2.argmax() != t.argmax()) for x2, t in zip(responses, targets, strict=True)]
        losses = reference.each("loss", list(zip(responses[:nb_train], train_target, strict=True)))
        with _untouched([*parameters, *(q for each in passes[:nb_train] for q in each)]):
            gradients = _backward(reference, parameters, train_target, passes[:nb_train])
        history.append((sum(map(float, losses)), _mean(wrong[:nb_train]), _mean(wrong[nb_train:])))
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(ETA / nb_train * gradient)
    return (w1, b1, w2, b2), history


def _mean(wrong: Sequence[bool]) -> float:
    return sum(wrong) / len(wrong)


@contextmanager
def _untouched(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Raise ValueError where what is done changes one of these."""
    before = [t.clone() for t in tensors]
    yield
    if not all(map(torch.equal, tensors, before)):
        raise ValueError("a function changes what others are given")


def _forward(reference: Any, parameters: Sequence[Tensor], samples: Sequence[Tensor]) -> list[Any]:
    """(x0, s1, x1, s2, x2) of each sample."""
    if "forward_pass" in reference.plugged:
        return reference.each("forward_pass", [(*parameters, x) for x in samples])
    w1, b1, w2, b2 = parameters
    s1 = [w1.mv(x) + b1 for x in samples]
    x1 = reference.each("sigma", [(s,) for s in s1])
    s2 = [w2.mv(x) + b2 for x in x1]
    x2 = reference.each("sigma", [(s,) for s in s2])
    return list(zip(samples, s1, x1, s2, x2, strict=True))


def _backward(
    reference: Any, parameters: Sequence[Tensor], targets: Sequence[Tensor], passes: Sequence[Any]
) -> list[Tensor]:
    """The gradients of the four parameters, of all samples together."""
    gradients = [torch.zeros_like(p) for p in parameters]
    if "backward_pass" in reference.plugged:
        rows = zip(targets, passes, strict=True)
        reference.each("backward_pass", [(*parameters, t, *states, *gradients) for t, states in rows])
        return gradients
    w2 = parameters[2]
    slopes = reference.each("dsigma", [(states[i],) for i in (1, 3) for states in passes])
    outer = reference.each("dloss", [(states[4], t) for states, t in zip(passes, targets, strict=True)])
    halves = slopes[: len(passes)], slopes[len(passes) :]
    for (x0, _, x1, _, _), slope1, slope2, dl_dx2 in zip(passes, *halves, outer, strict=True):
        dl_ds2 = slope2 * dl_dx2
        dl_ds1 = slope1 * w2.t().mv(dl_ds2)
        for gradient, sample in zip(
            gradients, (torch.outer(dl_ds1, x0), dl_ds1, torch.outer(dl_ds2, x1), dl_ds2), strict=True
        ):
            gradient.add_(sample)
    return gradients
