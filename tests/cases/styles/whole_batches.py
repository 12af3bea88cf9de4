"""train never calls the two passes: it works on matrices with one row a sample, through the small functions."""

import torch

sigma = lambda x: x.tanh()
dsigma = lambda x: 1 - x.tanh() ** 2
loss = lambda v, t: (v - t).square().sum()
dloss = lambda v, t: (v - t) + (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.einsum("hd,d->h", w1, x) + b1
    s2 = torch.einsum("ch,h->c", w2, sigma(s1)) + b2
    return x, s1, sigma(s1), s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = torch.einsum("c,c->c", dloss(x2, t), dsigma(s2))
    g1 = torch.einsum("ch,c,h->h", w2, g2, dsigma(s1))
    dl_dw2 += torch.einsum("c,h->ch", g2, x1)
    dl_dw1 += torch.einsum("h,d->hd", g1, x)
    dl_db2 += g2
    dl_db1 += g1


def network(parameters, inputs):
    w1, b1, w2, b2 = parameters
    s1 = inputs @ w1.T + b1
    s2 = sigma(s1) @ w2.T + b2
    return s1, s2


def rate(parameters, inputs, targets):
    _, s2 = network(parameters, inputs)
    return float((sigma(s2).argmax(1) != targets.argmax(1)).double().mean())


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    n, targets = train_input.size(0), 0.9 * train_target
    w1, b1 = (
        1e-6 * torch.randn(nb_hidden, train_input.size(1)),
        1e-6 * torch.randn(nb_hidden),
    )
    w2, b2 = (
        1e-6 * torch.randn(targets.size(1), nb_hidden),
        1e-6 * torch.randn(targets.size(1)),
    )
    history = []
    for _ in range(nb_steps):
        parameters = w1, b1, w2, b2
        s1, s2 = network(parameters, train_input)
        total = float(loss(sigma(s2), targets))
        history.append(
            (
                total,
                rate(parameters, train_input, train_target),
                rate(parameters, test_input, test_target),
            )
        )
        g2 = dloss(sigma(s2), targets) * dsigma(s2)
        g1 = g2 @ w2 * dsigma(s1)
        w1, b1 = w1 - 0.1 / n * g1.T @ train_input, b1 - 0.1 / n * g1.sum(0)
        w2, b2 = w2 - 0.1 / n * g2.T @ sigma(s1), b2 - 0.1 / n * g2.sum(0)
    return (w1, b1, w2, b2), history
