import torch
from torch import empty, Tensor
import math
import dlc_practical_prologue as prologue


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    return (v - t).pow(2).sum()


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    x0 = x
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1
    dl_dw2.add_(torch.outer(dl_ds2, x1))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.outer(dl_ds1, x0))
    dl_db1.add_(dl_ds1)


import logging


def run_experiment(hidden, eta, steps):
    train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
    train_target = train_target * 0.9
    n = len(train_input)
    w1 = torch.normal(0.0, 1e-6, (hidden, 784))
    b1 = torch.normal(0.0, 1e-6, (hidden,))
    w2 = torch.normal(0.0, 1e-6, (10, hidden))
    b2 = torch.normal(0.0, 1e-6, (10,))
    for step in range(steps):
        g = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        total, wrong, wrong_test = 0.0, 0, 0
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            total += float(loss(x2, t))
            wrong += int(x2.argmax() != t.argmax())
            backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, *g)
        for x, t in zip(test_input, test_target):
            wrong_test += int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
        logging.info("step %d loss %.3f train %.3f test %.3f", step, total, wrong / n, wrong_test / len(test_input))
        w1 -= eta * g[0] / n
        b1 -= eta * g[1] / n
        w2 -= eta * g[2] / n
        b2 -= eta * g[3] / n


logging.basicConfig(level=logging.INFO)
for hidden in (50, 20, 100):
    run_experiment(hidden, 0.1, 1000)
