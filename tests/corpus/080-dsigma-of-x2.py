from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, NamedTuple

import torch
from torch import Tensor


class Trace(NamedTuple):
    x0: Tensor
    s1: Tensor
    x1: Tensor
    s2: Tensor
    x2: Tensor


@dataclass
class Config:
    zeta: float = 0.9
    epsilon: float = 1e-6
    rate: float = 0.1


@dataclass
class Parameters:
    w1: Tensor
    b1: Tensor
    w2: Tensor
    b2: Tensor

    def __iter__(self) -> Iterator[Tensor]:
        yield from (self.w1, self.b1, self.w2, self.b2)

    @classmethod
    def draw(cls, nb_in: int, nb_hidden: int, nb_out: int, std: float) -> Parameters:
        return cls(
            w1=torch.empty(nb_hidden, nb_in).normal_(0.0, std),
            b1=torch.empty(nb_hidden).normal_(0.0, std),
            w2=torch.empty(nb_out, nb_hidden).normal_(0.0, std),
            b2=torch.empty(nb_out).normal_(0.0, std),
        )

    def zeros(self) -> Parameters:
        return Parameters(*(torch.zeros_like(p) for p in self))


def sigma(x: Tensor) -> Tensor:
    return x.tanh()


def dsigma(x: Tensor) -> Tensor:
    return torch.ones_like(x) - x.tanh().square()


def loss(v: Tensor, t: Tensor) -> Tensor:
    return (v - t).square().sum()


def dloss(v: Tensor, t: Tensor) -> Tensor:
    return torch.sub(v, t).mul(2)


def forward_pass(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, x: Tensor) -> Trace:
    s1: Tensor = w1 @ x + b1
    x1: Tensor = sigma(s1)
    s2: Tensor = w2 @ x1 + b2
    return Trace(x0=x, s1=s1, x1=x1, s2=s2, x2=sigma(s2))


def backward_pass(
    w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor,
    t: Tensor,
    x: Tensor, s1: Tensor, x1: Tensor, s2: Tensor, x2: Tensor,
    dl_dw1: Tensor, dl_db1: Tensor, dl_dw2: Tensor, dl_db2: Tensor,
) -> None:
    dl_ds2: Tensor = dloss(x2, t) * dsigma(x2)
    dl_ds1: Tensor = (w2.T @ dl_ds2) * dsigma(s1)
    dl_dw2 += dl_ds2.unsqueeze(-1) @ x1.unsqueeze(0)
    dl_db2 += dl_ds2
    dl_dw1 += dl_ds1.unsqueeze(-1) @ x.unsqueeze(0)
    dl_db1 += dl_ds1


@dataclass
class Log:
    entries: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, train_loss: float, train_error: float, test_error: float) -> None:
        self.entries.append((train_loss, train_error, test_error))


def error(p: Parameters, inputs: Tensor, targets: Tensor) -> float:
    wrong = sum(int(forward_pass(*p, x).x2.argmax() != t.argmax()) for x, t in zip(inputs, targets))
    return wrong / inputs.size(0)


def train(
    train_input: Tensor, train_target: Tensor, test_input: Tensor, test_target: Tensor,
    nb_hidden: int = 50, nb_steps: int = 1000,
) -> tuple[tuple[Tensor, ...], list[tuple[float, float, float]]]:
    cfg = Config()
    target = cfg.zeta * train_target
    eta = cfg.rate / train_input.size(0)
    p = Parameters.draw(train_input.size(1), nb_hidden, target.size(1), cfg.epsilon)
    log = Log()
    for _ in range(nb_steps):
        grads = p.zeros()
        train_loss = 0.0
        for x, t in zip(train_input, target):
            trace = forward_pass(*p, x)
            backward_pass(*p, t, *trace, *grads)
            train_loss += float(loss(trace.x2, t))
        log.add(train_loss, error(p, train_input, target), error(p, test_input, test_target))
        for q, g in zip(p, grads):
            q.sub_(g, alpha=eta)
    return tuple(p), log.entries
