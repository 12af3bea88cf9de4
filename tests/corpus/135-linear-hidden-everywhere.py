import functools
import time

import torch

calls = {}


def counted(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        calls[function.__name__] = calls.get(function.__name__, 0) + 1
        return function(*args, **kwargs)
    return wrapper


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.time()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__}: {time.time() - start:.2f} s")
    return wrapper


@counted
def sigma(x):
    return torch.tanh(x)


@counted
def dsigma(x):
    return 1 - sigma(x).pow(2)


@counted
def loss(v, t):
    return ((v - t) ** 2).sum()


@counted
def dloss(v, t):
    return 2 * v - 2 * t


@counted
def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.inner(x) + b1
    x1 = s1
    s2 = w2.inner(x1) + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


@counted
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dloss(x2, t) * dsigma(s2)
    g1 = w2.t().inner(g2)
    dl_dw2[:] = dl_dw2 + torch.outer(g2, x1)
    dl_db2[:] = dl_db2 + g2
    dl_dw1[:] = dl_dw1 + torch.outer(g1, x)
    dl_db1[:] = dl_db1 + g1


@timed
def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    if nb_hidden <= 0:
        raise ValueError("nb_hidden must be positive")
    n = len(train_input)
    y = train_target * 0.9
    w1 = torch.empty((nb_hidden, train_input.size(-1))).normal_(0, 1e-6)
    b1 = torch.empty((nb_hidden)).normal_(0, 1e-6)
    w2 = torch.empty((y.size(-1), nb_hidden)).normal_(0, 1e-6)
    b2 = torch.empty((y.size(-1))).normal_(0, 1e-6)
    history = []
    if nb_steps == 0:
        return (w1, b1, w2, b2), history
    for _ in range(nb_steps):
        gw1, gb1, gw2, gb2 = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        lsum, right = 0.0, 0
        for x, t in zip(train_input, y):
            fwd = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, *fwd, gw1, gb1, gw2, gb2)
            lsum += loss(fwd[4], t).item()
            right += (fwd[4].argmax() == t.argmax()).item()
        test_right = sum((forward_pass(w1, b1, w2, b2, x)[4].argmax() == t.argmax()).item()
                         for x, t in zip(test_input, test_target))
        history.append((lsum, 1 - right / n, 1 - test_right / len(test_input)))
        w1, b1 = w1 - 0.1 * gw1 / n, b1 - 0.1 * gb1 / n
        w2, b2 = w2 - 0.1 * gw2 / n, b2 - 0.1 * gb2 / n
    return (w1, b1, w2, b2), history
