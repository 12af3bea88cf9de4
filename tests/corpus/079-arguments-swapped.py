#!/usr/bin/env python3
import argparse
import sys

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int, default=50)
parser.add_argument("--steps", type=int, default=1000)


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - sigma(x).square()


def loss(v, t):
    return torch.nn.functional.mse_loss(v, t, reduction="sum")


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.einsum("ij,j", w1, x) + b1
    x1 = sigma(s1)
    s2 = torch.einsum("ij,j", w2, x1) + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # the chain rule with whole Jacobians
    J2 = torch.diag(dsigma(s2))
    J1 = torch.diag(dsigma(s1))
    row2 = dloss(t, x2) @ J2
    row1 = row2 @ w2 @ J1
    dl_dw2.add_(torch.einsum("i,j->ij", row2, x1))
    dl_db2.add_(row2)
    dl_dw1.add_(torch.einsum("i,j->ij", row1, x))
    dl_db1.add_(row1)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    init = torch.nn.init.normal_
    goal = 0.9 * train_target
    w1 = init(torch.empty(nb_hidden, train_input.size(1)), std=1e-6)
    b1 = init(torch.empty(nb_hidden), std=1e-6)
    w2 = init(torch.empty(goal.size(1), nb_hidden), std=1e-6)
    b2 = init(torch.empty(goal.size(1)), std=1e-6)
    n = train_input.size(0)

    history = []
    for _ in range(nb_steps):
        gw1, gb1, gw2, gb2 = torch.zeros_like(w1), torch.zeros_like(b1), torch.zeros_like(w2), torch.zeros_like(b2)
        outputs = []
        for x, t in zip(train_input.unbind(), goal.unbind()):
            trace = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, *trace, gw1, gb1, gw2, gb2)
            outputs.append(trace[4])
        out = torch.stack(outputs)
        test_out = torch.stack([forward_pass(w1, b1, w2, b2, x)[4] for x in test_input.unbind()])
        history.append((
            loss(out, goal).item(),
            1 - out.argmax(1).eq(goal.argmax(1)).float().mean().item(),
            1 - test_out.argmax(1).eq(test_target.argmax(1)).float().mean().item(),
        ))
        w1.sub_(gw1, alpha=0.1 / n)
        b1.sub_(gb1, alpha=0.1 / n)
        w2.sub_(gw2, alpha=0.1 / n)
        b2.sub_(gb2, alpha=0.1 / n)
    return (w1, b1, w2, b2), history


def main():
    args = parser.parse_args()
    from dlc_practical_prologue import load_data
    data = load_data(one_hot_labels=True, normalize=True, flatten=True)
    _, history = train(*data, nb_hidden=args.hidden, nb_steps=args.steps)
    for entry in history:
        print(*entry)


if __name__ == "__main__":
    sys.exit(main())
