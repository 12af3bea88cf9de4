import math
import torch


def sigma(x):
    return x.clone().apply_(math.tanh)


def dsigma(x):
    return x.clone().apply_(lambda a: 1 - math.tanh(a) ** 2)


def loss(v, t):
    total = 0
    for i in range(len(v)):
        total = total + (v[i] - t[i]) ** 2
    return total


def dloss(v, t):
    grad = torch.zeros_like(v)
    for i in range(len(v)):
        grad[i] = 2 * (v[i] - t[i])
    return grad


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.stack([w1[j].dot(x) + b1[j] for j in range(len(b1))])
    x1 = sigma(s1)
    s2 = torch.stack([w2[k].dot(x1) + b2[k] for k in range(len(b2))])
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    slope2 = dsigma(s2)
    slope1 = dsigma(s1)
    dl_dx1 = torch.zeros_like(x1)
    for k in range(len(b2)):
        dl_ds2_k = dl_dx2[k] * slope2[k]
        dl_dw2[k] += dl_ds2_k * x1
        dl_db2[k] += dl_ds2_k
        dl_dx1 += w2[k] * dl_ds2_k
    for j in range(len(b1)):
        dl_ds1_j = dl_dx1[j] * slope1[j]
        dl_dw1[j] += dl_ds1_j * x
        dl_db1[j] += dl_ds1_j


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    # the functions above are too slow here, so everything again on whole matrices
    X, Y = train_input, train_target * 0.9
    n = X.size(0)
    w1 = torch.empty(nb_hidden, X.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(Y.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(Y.size(1)).normal_(0, 1e-6)
    history = []
    for _ in range(nb_steps):
        A1 = torch.tanh(X @ w1.t() + b1)
        A2 = torch.tanh(A1 @ w2.t() + b2)
        B2 = torch.tanh(torch.tanh(test_input @ w1.t() + b1) @ w2.t() + b2)
        history.append((
            ((A2 - Y) ** 2).sum().item(),
            (A2.argmax(1) != Y.argmax(1)).sum().item() / n,
            (B2.argmax(1) != test_target.argmax(1)).sum().item() / test_input.size(0),
        ))
        D2 = 2 * (A2 - Y) * (1 - A2 ** 2)
        D1 = (D2 @ w2) * (1 - A1 ** 2)
        w2 = w2 - 0.1 / n * D2.t() @ A1
        b2 = b2 - 0.1 / n * D2.sum(0)
        w1 = w1 - 0.1 / n * D1.t() @ X
        b1 = b1 - 0.1 / n * D1.sum(0)
    return (w1, b1, w2, b2), history
