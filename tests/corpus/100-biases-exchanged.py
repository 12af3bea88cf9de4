"""Here N(0, eps) is read as: variance eps."""
import torch
from math import sqrt

zeta = 0.9
eps = 1e-6


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    diff = (v - t).reshape(-1)
    return diff @ diff


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    a = [x]
    for w, b in ((w1, b1), (w2, b2)):
        a.append(w @ a[-1] + b)
        a.append(sigma(a[-1]))
    return a


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    d = dloss(x2, t)
    for w, s, a, dw, db in ((w2, s2, x1, dl_dw2, dl_db1), (w1, s1, x, dl_dw1, dl_db2)):
        d = d * dsigma(s)
        dw += d.view(-1, 1) * a
        db += d
        d = d @ w


def new_tensor(*size):
    return torch.empty(size).normal_(0, sqrt(eps))


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    goal = zeta * train_target
    nb_samples, nb_inputs = train_input.size()
    nb_classes = goal.size(1)
    p = new_tensor(nb_hidden, nb_inputs), new_tensor(nb_hidden), new_tensor(nb_classes, nb_hidden), new_tensor(nb_classes)
    history = []
    for _ in range(nb_steps):
        dp = [torch.zeros(q.size()) for q in p]
        acc_loss = 0.0
        errors = 0
        for n in range(nb_samples):
            a = forward_pass(*p, train_input[n])
            acc_loss += loss(a[-1], goal[n]).item()
            errors += int(a[-1].max(0).indices != goal[n].max(0).indices)
            backward_pass(*p, goal[n], *a, *dp)
        test_errors = 0
        for n in range(test_input.size(0)):
            a = forward_pass(*p, test_input[n])
            test_errors += int(a[-1].max(0).indices != test_target[n].max(0).indices)
        history.append((acc_loss, errors / nb_samples, test_errors / test_input.size(0)))
        for q, dq in zip(p, dp):
            q -= 0.1 / nb_samples * dq
    return p, history
