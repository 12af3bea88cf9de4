"""The reference's `train`, all samples at once: the same steps, many times faster.

Tests hold it to `solution.train`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from grader.checking import is_close

from .solution import ETA, ZETA

Parameters = tuple[Tensor, Tensor, Tensor, Tensor]
Entry = tuple[float, float, float]

# Where samples are independent, only the order of float32 sums differs. Where they are not, the second of two
# samples trains with what is left of the first, and all of its gradient is wrong.
SAME_STEP = 1e-3

# Two responses are a tie within what a right `sigma` may be off: this part of the largest response, as in the
# exercise's tolerance, and near zero what exp(x) - exp(-x) leaves in float32.
TIE, NEAR_ZERO = 1e-4, 1e-6


class _Start:
    """Where a run starts, by content: most of a class draw the same initial parameters from the same seed."""

    def __init__(self, data: Sequence[Tensor], parameters: Parameters) -> None:
        self.data = data
        self.parameters = parameters
        tensors = (*data, *parameters)
        self._key = tuple(
            (tensor.shape, tensor.numpy().tobytes()) for tensor in tensors
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Start) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def train(
    train_input: Tensor,
    train_target: Tensor,
    test_input: Tensor,
    test_target: Tensor,
    nb_steps: int,
    parameters: Parameters,
) -> tuple[Parameters, list[Entry]]:
    """`nb_steps` gradient steps from `parameters`; inputs (N, D), targets (N, C). In float64."""
    data = (train_input, train_target, test_input, test_target)
    w1, b1, w2, b2 = (p.double() for p in parameters)
    start = _Start([part.double() for part in data], (w1, b1, w2, b2))
    end, history = _run(start, nb_steps)
    w1, b1, w2, b2 = (p.clone() for p in end)
    return (w1, b1, w2, b2), list(history)


@lru_cache(maxsize=16)
def _run(start: _Start, nb_steps: int) -> tuple[Parameters, list[Entry]]:
    """The steps themselves.

    The gradient of w1 is a sum of the training inputs x', each times its ds1. So after any steps w1 x + b1 is
    what it was, plus the sum over x' of (x . x' + 1) times the steps that x' has made. w1 itself is only
    needed at the end, and the products x . x' once.
    """
    train_input, train_target, test_input, test_target = start.data
    nb_train, eta = len(train_input), ETA / len(train_input)
    inputs = torch.cat([train_input, test_input])
    classes = torch.cat([train_target, test_target]).argmax(1)
    train_target = ZETA * train_target
    w1, b1, w2, b2 = (p.clone() for p in start.parameters)
    states = torch.addmm(b1, inputs, w1.t())
    products = (inputs @ train_input.t()).add_(1)
    steps = torch.zeros(nb_train, len(b1), dtype=torch.float64)
    responses = torch.empty(
        nb_steps, len(inputs), len(b2), dtype=torch.float64
    )
    for response in responses:
        hidden = torch.addmm(states, products, steps).tanh_()
        torch.addmm(b2, hidden, w2.t(), out=response).tanh_()
        x1, x2 = hidden[:nb_train], response[:nb_train]
        ds2 = 2 * (x2 - train_target) * (1 - x2.square())
        ds1 = (ds2 @ w2) * (1 - x1.square())
        w2.addmm_(ds2.t(), x1, alpha=-eta)
        b2.sub_(ds2.sum(0), alpha=eta)
        steps.sub_(ds1, alpha=eta)
    w1.addmm_(steps.t(), train_input)
    b1.add_(steps.sum(0))
    losses = (responses[:, :nb_train] - train_target).square().sum((1, 2))
    wrong = (responses.argmax(2) != classes).double()
    train_errors, test_errors = (
        wrong[:, :nb_train].mean(1),
        wrong[:, nb_train:].mean(1),
    )
    history = zip(
        losses.tolist(),
        train_errors.tolist(),
        test_errors.tolist(),
        strict=True,
    )
    return (w1, b1, w2, b2), list(history)


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

    Raises ValueError where the order of the calls would matter, because a function changes what others are
    given; and other exceptions where the values are odd. `solution.train` copes with both.
    """
    nb_train = len(train_input)
    inputs = torch.cat([train_input, test_input])
    targets = torch.cat([ZETA * train_target, test_target])
    classes = targets.argmax(1)
    w1, b1, w2, b2 = parameters = tuple(p.clone() for p in parameters)
    history = []
    for _ in range(nb_steps):
        with _unchanged(inputs, *parameters):
            states = _forward(reference, parameters, inputs)
        wrong = (states[-1].argmax(1) != classes).double()
        states = [state[:nb_train] for state in states]
        with _unchanged(*parameters, *states, targets):
            losses = reference.map(
                "loss", list(zip(states[-1], targets[:nb_train], strict=True))
            )
            gradients = _backward(
                reference, parameters, targets[:nb_train], states
            )
        train_loss = sum(float(loss) for loss in losses)
        history.append(
            (
                train_loss,
                float(wrong[:nb_train].mean()),
                float(wrong[nb_train:].mean()),
            )
        )
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(ETA / nb_train * gradient)
    return (w1, b1, w2, b2), history


class Errors(NamedTuple):
    """How many of `nb_samples` are classified wrongly: from `least` to `most`, where some are ties."""

    least: int
    most: int
    nb_samples: int

    @property
    def rates(self) -> list[float]:
        """The error rates that these may be."""
        counts = range(self.least, self.most + 1)
        return [count / self.nb_samples for count in counts]


class Measured(NamedTuple):
    """What a history should hold for some parameters."""

    loss: float
    train: Errors
    test: Errors


def responses(
    reference: Any, parameters: Parameters, data: Iterable[Tensor]
) -> Tensor:
    """x2 of all training samples, then of all test samples, (N, C).

    Raises as `train_with` does.
    """
    train_input, _, test_input, _ = data
    inputs = torch.cat([train_input, test_input])
    with _unchanged(inputs, *parameters):
        return _forward(reference, parameters, inputs)[-1]


def measured(
    reference: Any, data: Iterable[Tensor], responses: Tensor
) -> Measured:
    """The loss and the errors of all samples' responses."""
    train_input, train_target, _, test_target = data
    nb_train = len(train_input)
    trained, targets = responses[:nb_train], ZETA * train_target
    if "loss" in reference.plugged or "dloss" in reference.plugged:
        losses = reference.map(
            "loss", list(zip(trained, targets, strict=True))
        )
    else:
        losses = [
            reference.loss(trained, targets)
        ]  # it sums over whatever it is given
    return Measured(
        sum(float(loss) for loss in losses),
        _errors(trained, train_target),
        _errors(responses[nb_train:], test_target),
    )


def _errors(responses: Tensor, targets: Tensor) -> Errors:
    """A sample is a tie where rounding decides whether another class responds more than the target's."""
    is_target = torch.zeros_like(targets, dtype=torch.bool)
    is_target[range(len(targets)), targets.argmax(1)] = True
    own = responses[is_target]
    others = responses.masked_fill(is_target, -torch.inf).amax(1)
    ahead = others - own
    rounding = TIE * responses.abs().amax(1) + NEAR_ZERO
    least = int((ahead > rounding).sum())
    most = int((ahead >= -rounding).sum())
    return Errors(least, most, len(targets))


def is_independent(
    reference: Any, data: Iterable[Tensor], parameters: Parameters
) -> bool:
    """Whether two samples train at once as they do one after the other.

    They do not where one function leaves something for another, as a forward_pass that keeps its states does.
    """
    if len(reference.plugged) < 2:
        return True
    few = [part[:2] for part in data]
    nb_hidden = parameters[0].shape[0]
    in_turn, _ = reference.train(*few, nb_hidden, 1, parameters=parameters)
    at_once, _ = train_with(reference, *few, 1, parameters)
    for a, b, start in zip(at_once, in_turn, parameters, strict=True):
        if not is_close(a - start, b - start, SAME_STEP):
            return False
    return True


@contextmanager
def _unchanged(*tensors: Tensor) -> Iterator[None]:
    """Raise ValueError where what is done changes one of these."""
    before = [t.clone() for t in tensors]
    yield
    if not all(map(torch.equal, tensors, before)):
        raise ValueError("a function changes what others are given")


def _forward(
    reference: Any, parameters: Sequence[Tensor], inputs: Tensor
) -> list[Tensor]:
    """x0, s1, x1, s2 and x2, one row per sample."""
    w1, b1, w2, b2 = parameters
    if "forward_pass" in reference.plugged:
        passes = reference.map(
            "forward_pass", [(*parameters, x) for x in inputs]
        )
        states = [
            torch.stack(quantity) for quantity in zip(*passes, strict=True)
        ]
        if [s.shape[1:] for s in states] != [
            inputs.shape[1:],
            b1.shape,
            b1.shape,
            b2.shape,
            b2.shape,
        ]:
            raise ValueError("forward_pass gives other shapes")
        return states
    s1 = torch.addmm(b1, inputs, w1.t())
    x1 = _by_rows(reference, "sigma", s1)
    s2 = torch.addmm(b2, x1, w2.t())
    return [inputs, s1, x1, s2, _by_rows(reference, "sigma", s2)]


def _backward(
    reference: Any,
    parameters: Sequence[Tensor],
    targets: Tensor,
    states: Sequence[Tensor],
) -> Sequence[Tensor]:
    """The gradients of the four parameters, summed over all samples."""
    if "backward_pass" in reference.plugged:
        gradients = [torch.zeros_like(p) for p in parameters]
        samples = zip(targets, *states, strict=True)
        reference.map(
            "backward_pass",
            [(*parameters, *sample, *gradients) for sample in samples],
        )
        return gradients
    x0, s1, x1, s2, x2 = states
    ds2 = _by_rows(reference, "dsigma", s2) * _by_rows(
        reference, "dloss", x2, targets
    )
    ds1 = _by_rows(reference, "dsigma", s1) * (ds2 @ parameters[2])
    return ds1.t() @ x0, ds1.sum(0), ds2.t() @ x1, ds2.sum(0)


def _by_rows(reference: Any, name: str, *matrices: Tensor) -> Tensor:
    """A function of vectors, applied to each row; the reference's own takes all rows at once."""
    function = getattr(reference, name)
    if not hasattr(function, "map"):
        return function(*matrices)
    values = torch.stack(function.map(list(zip(*matrices, strict=True))))
    if values.shape != matrices[0].shape:
        raise ValueError(f"{name} gives other shapes")
    return values
