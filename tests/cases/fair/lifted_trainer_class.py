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


class Trainer:
    def __init__(self, data, hidden=50, eps=1e-6, lr=0.1):
        self.xtr, self.ytr, self.xte, self.yte = data
        self.ytr = self.ytr * 0.9
        nin, nout = self.xtr.size(1), self.ytr.size(1)
        self.params = [
            torch.randn(hidden, nin) * eps,
            torch.randn(hidden) * eps,
            torch.randn(nout, hidden) * eps,
            torch.randn(nout) * eps,
        ]
        self.grads = [torch.zeros_like(p) for p in self.params]
        self.lr = lr / len(self.xtr)
        self.log = []

    def errors(self, xs, ys):
        wrong = 0
        for x, y in zip(xs, ys):
            *_, out = forward_pass(*self.params, x)
            wrong += int(out.argmax() != y.argmax())
        return wrong / len(xs)

    def step(self):
        for g in self.grads:
            g.zero_()
        measured = self.errors(self.xtr, self.ytr), self.errors(self.xte, self.yte)
        total = 0
        for x, y in zip(self.xtr, self.ytr):
            x0, s1, x1, s2, x2 = forward_pass(*self.params, x)
            total += loss(x2, y).item()
            backward_pass(*self.params, y, x0, s1, x1, s2, x2, *self.grads)
        for p, g in zip(self.params, self.grads):
            p -= self.lr * g
        return (total, *measured)

    def fit(self, n):
        for e in range(n):
            self.log.append(self.step())
            print(e, self.log[-1])


trainer = Trainer(prologue.load_data(one_hot_labels=True, normalize=True))
trainer.fit(1000)
