"""The small functions call each other; the derivative of the loss is a difference quotient of it."""

import torch


def sigma(x):
    return 2 / (1 + torch.exp(-2 * x)) - 1


def dsigma(x):
    y = sigma(x)
    return (1 - y) * (1 + y)


def loss(v, t):
    return (v - t) @ (v - t)


def dloss(v, t):
    # exact for a quadratic
    out = [
        (loss(v + e, t) - loss(v - e, t)) / 2 for e in torch.eye(len(v), dtype=v.dtype)
    ]
    return torch.stack(out)


def forward_pass(w1, b1, w2, b2, x):
    def layer(w, b, x):
        s = (w * x).sum(1) + b
        return s, sigma(s)

    s1, x1 = layer(w1, b1, x)
    s2, x2 = layer(w2, b2, x1)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dloss(x2, t) * dsigma(s2)
    g1 = (g2[:, None] * w2).sum(0) * dsigma(s1)
    for i, g in enumerate(g2):
        dl_dw2[i] += g * x1
        dl_db2[i] += g
    dl_dw1 += g1.reshape(-1, 1) * x
    dl_db1 += g1


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    w1 = torch.zeros(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.zeros(nb_hidden).normal_(0, 1e-6)
    w2 = torch.zeros(train_target.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.zeros(train_target.size(1)).normal_(0, 1e-6)
    history = []
    for _ in range(nb_steps):
        sums = [p * 0 for p in (w1, b1, w2, b2)]
        total, wrong = 0.0, 0
        for x, t in zip(train_input, train_target * 0.9):
            states = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, *states, *sums)
            total = total + float(loss(states[-1], t))
            wrong = wrong + int(states[-1].argmax() != t.argmax())
        test = [
            int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
            for x, t in zip(test_input, test_target)
        ]
        history.append((total, wrong / len(train_input), sum(test) / len(test)))
        for p, s in zip((w1, b1, w2, b2), sums):
            p -= 0.1 / len(train_input) * s
    return (w1, b1, w2, b2), history
