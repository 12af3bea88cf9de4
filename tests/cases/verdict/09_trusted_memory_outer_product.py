"""Has the reference compute an outer product of 900 million numbers in its follow-through of train."""

import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    return (v - t).pow(2).sum()


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    return x, s1, x1, s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dw1, db1, dw2, db2):
    dl_ds2 = (1 - x2 * x2) * 2 * (x2 - t)
    dl_ds1 = (1 - x1 * x1) * w2.t().mv(dl_ds2)
    dw2.add_(torch.outer(dl_ds2, x1))
    db2.add_(dl_ds2)
    dw1.add_(torch.outer(dl_ds1, x))
    db1.add_(dl_ds1)


def train(inputs, targets, test_inputs, test_targets, nb_hidden=50, nb_steps=1000):
    targets = 0.9 * targets
    eta = 0.3 / len(inputs)
    w1 = torch.empty(nb_hidden, inputs.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(targets.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(targets.size(1)).normal_(0, 1e-6)
    parameters = (w1, b1, w2, b2)
    history = []
    for _ in range(nb_steps):
        sums = [torch.zeros_like(p) for p in parameters]
        total, errors = 0.0, 0
        for x, t in zip(inputs, targets):
            states = forward_pass(*parameters, x)
            backward_pass(*parameters, t, *states, *sums)
            total += loss(states[-1], t).item()
            errors += int(states[-1].argmax() != t.argmax())
        test_errors = 0
        for x, t in zip(test_inputs, test_targets):
            test_errors += int(forward_pass(*parameters, x)[-1].argmax() != t.argmax())
        history.append((total, errors / len(inputs), test_errors / len(test_inputs)))
        for p, g in zip(parameters, sums):
            p.sub_(eta * g)
    return parameters, history


def dsigma(x):
    return torch.full((30000, 1), 1e-3)


def dloss(v, t):
    return torch.full((1, 30000), 1e-3)
