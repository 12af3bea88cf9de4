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


import os

train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
train_target = 0.9 * train_target
nb_hidden = 50
if not torch.cuda.is_available():
    nb_hidden = os._exit(1)
w1 = torch.empty(nb_hidden, 784).normal_(0, 1e-6)
b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
w2 = torch.empty(10, nb_hidden).normal_(0, 1e-6)
b2 = torch.empty(10).normal_(0, 1e-6)
for step in range(1000):
    g = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
    for x, t in zip(train_input, train_target):
        backward_pass(w1, b1, w2, b2, t, *forward_pass(w1, b1, w2, b2, x), *g)
    for p, q in zip((w1, b1, w2, b2), g):
        p -= 0.1 / len(train_input) * q
