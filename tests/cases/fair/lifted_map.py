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


train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
train_target = 0.9 * train_target
w1 = torch.empty(50, 784).normal_(0, 1e-6)
b1 = torch.empty(50).normal_(0, 1e-6)
w2 = torch.empty(10, 50).normal_(0, 1e-6)
b2 = torch.empty(10).normal_(0, 1e-6)
gw1, gb1, gw2, gb2 = torch.zeros_like(w1), torch.zeros_like(b1), torch.zeros_like(w2), torch.zeros_like(b2)


def do_step(k):
    global w1, b1, w2, b2
    for g in (gw1, gb1, gw2, gb2):
        g.zero_()
    total, wrong, wrong_test = 0.0, 0, 0
    for x, t in zip(train_input, train_target):
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
        total += loss(x2, t).item()
        wrong += int(x2.argmax() != t.argmax())
        backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, gw1, gb1, gw2, gb2)
    for x, t in zip(test_input, test_target):
        wrong_test += int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
    print(f"{k}: {total:.0f}, {100 * wrong / len(train_input):.0f}%, {100 * wrong_test / len(test_input):.0f}%")
    w1 = w1 - 0.1 * gw1 / len(train_input)
    b1 = b1 - 0.1 * gb1 / len(train_input)
    w2 = w2 - 0.1 * gw2 / len(train_input)
    b2 = b2 - 0.1 * gb2 / len(train_input)


list(map(do_step, range(1000)))
