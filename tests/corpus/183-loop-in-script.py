#!/usr/bin/env python3
"""Practical 3 - MLP from scratch."""
import torch
import dlc_practical_prologue as prologue

torch.set_grad_enabled(False)

ZETA = 0.9
EPS = 1e-6
NB_HIDDEN = 50
NB_STEPS = 1000


def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x)**2

def loss(v, t):
    return torch.sum((v - t)**2)

def dloss(v, t):
    return 2*(v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dx2 = dloss(x2, t)
    ds2 = dx2 * dsigma(s2)
    dx1 = w2.T @ ds2
    ds1 = dx1 * dsigma(s1)
    dl_dw2 += torch.outer(ds2, x1)
    dl_db2 += ds2
    dl_dw1 += torch.outer(ds1, x)
    dl_db1 += ds1


def error_count(params, data, target):
    nb = 0
    for x, t in zip(data, target):
        out = forward_pass(*params, x)[-1]
        nb += int(out.argmax() != t.argmax())
    return nb


def main():
    train_input, train_target, test_input, test_target = prologue.load_data(
        one_hot_labels=True, normalize=True, flatten=True)
    train_target = train_target * ZETA
    test_target = test_target * ZETA

    n, d = train_input.shape
    c = train_target.shape[1]
    eta = 0.1 / n

    params = [torch.empty(NB_HIDDEN, d), torch.empty(NB_HIDDEN), torch.empty(c, NB_HIDDEN), torch.empty(c)]
    for p in params:
        p.normal_(0, EPS)
    grads = [torch.zeros_like(p) for p in params]

    for step in range(NB_STEPS):
        for g in grads:
            g.zero_()
        total = 0.
        errors = 0
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(*params, x)
            backward_pass(*params, t, x0, s1, x1, s2, x2, *grads)
            total += loss(x2, t).item()
            errors += int(x2.argmax() != t.argmax())
        for p, g in zip(params, grads):
            p.sub_(eta * g)
        test_err = error_count(params, test_input, test_target) / len(test_input)
        print(f"step {step:4d}: loss = {total:.4f}, train error = {errors / n:.4f}, test error = {test_err:.4f}")


if __name__ == "__main__":
    main()
