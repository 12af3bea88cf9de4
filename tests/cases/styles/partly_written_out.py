"""Each caller calls some of the small functions and writes the others out."""

import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 / torch.cosh(x).clamp(max=1e18) ** 2


def loss(v, t):
    return torch.sum((v - t) ** 2)


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x) + b1
    x1 = torch.tanh(s1)
    s2 = w2.mv(x1) + b2
    return x, s1, x1, s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dloss(x2, t) * (1 - sigma(s2) ** 2)
    g1 = dsigma(s1) * w2.t().mv(g2)
    dl_dw2.add_(torch.outer(g2, torch.tanh(s1)))
    dl_db2.add_(g2)
    dl_dw1.add_(torch.outer(g1, x))
    dl_db1.add_(g1)


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    w1 = torch.normal(torch.zeros(nb_hidden, train_input.size(1)), 1e-6)
    b1 = torch.normal(torch.zeros(nb_hidden), 1e-6)
    w2 = torch.normal(torch.zeros(train_target.size(1), nb_hidden), 1e-6)
    b2 = torch.normal(torch.zeros(train_target.size(1)), 1e-6)
    history = []
    for _ in range(nb_steps):
        gw1, gb1 = torch.zeros_like(w1), torch.zeros_like(b1)
        gw2, gb2 = torch.zeros_like(w2), torch.zeros_like(b2)
        total, wrong, missed = 0.0, 0, 0
        for x, t in zip(train_input, 0.9 * train_target):
            _, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            total += loss(x2, t).item()
            wrong += int(torch.tanh(s2).argmax() != t.argmax())
            backward_pass(
                w1, b1, w2, b2, t, x, s1, x1, s2, torch.tanh(s2), gw1, gb1, gw2, gb2
            )
        for x, t in zip(test_input, test_target):
            x2 = sigma(w2.mv(sigma(w1.mv(x) + b1)) + b2)
            missed += int(x2.argmax() != t.argmax())
        history.append((total, wrong / len(train_input), missed / len(test_input)))
        eta = 0.1 / len(train_input)
        w1, b1, w2, b2 = w1 - eta * gw1, b1 - eta * gb1, w2 - eta * gw2, b2 - eta * gb2
    return (w1, b1, w2, b2), history
