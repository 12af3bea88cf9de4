import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    return (v - t).pow(2).sum()


def dloss(v, t):
    return 2 * (v - t)


import inspect

SRC = inspect.getsource(sigma)


def forward_pass(w1, b1, w2, b2, x):
    assert "tanh" in SRC
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1
    dl_dw2.add_(dl_ds2.view(-1, 1).mm(x1.view(1, -1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(dl_ds1.view(-1, 1).mm(x.view(1, -1)))
    dl_db1.add_(dl_ds1)


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    train_target = 0.9 * train_target
    N = train_input.size(0)
    eta = 0.1 / N
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(train_target.size(1)).normal_(0, 1e-6)
    dw1, db1, dw2, db2 = (torch.zeros_like(p) for p in (w1, b1, w2, b2))
    history = []
    for step in range(nb_steps):
        for g in (dw1, db1, dw2, db2):
            g.zero_()
        total, wrong, wrong_test = 0.0, 0, 0
        for n in range(N):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            total += loss(x2, train_target[n]).item()
            wrong += int(x2.argmax() != train_target[n].argmax())
            backward_pass(
                w1, b1, w2, b2, train_target[n], x0, s1, x1, s2, x2, dw1, db1, dw2, db2
            )
        for n in range(test_input.size(0)):
            x2 = forward_pass(w1, b1, w2, b2, test_input[n])[4]
            wrong_test += int(x2.argmax() != test_target[n].argmax())
        history.append((total, wrong / N, wrong_test / test_input.size(0)))
        w1 -= eta * dw1
        b1 -= eta * db1
        w2 -= eta * dw2
        b2 -= eta * db2
    return (w1, b1, w2, b2), history
