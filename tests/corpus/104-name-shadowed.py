import torch
from torch import einsum


def sigma(x):
    return x.tanh()


def dsigma(x):
    return 1.0 - x.tanh() ** 2


def loss(v, t):
    d = v - t
    return einsum("i,i->", d, d)


def dloss(v, t):
    return (v - t) * 2


def forward_pass(w1, b1, w2, b2, x):
    pre1 = einsum("hd,d->h", w1, x) + b1
    act1 = sigma(pre1)
    pre2 = einsum("ch,h->c", w2, act1) + b2
    act2 = sigma(pre2)
    return x, pre1, act1, pre2, act2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    delta2 = dloss(x2, t) * dsigma(s2)
    delta1 = einsum("ch,c->h", w2, delta2) * dsigma(s1)
    dl_dw2 += einsum("c,h->ch", delta2, x1)
    dl_db2 += delta2
    dl_dw1 += einsum("h,d->hd", delta1, x)
    dl_db1 += delta1


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n, d = train_input.shape
    c = train_target.shape[1]
    target = train_target * 0.9

    w1 = torch.randn(nb_hidden, d) * 1e-6
    b1 = torch.randn(nb_hidden) * 1e-6
    w2 = torch.randn(c, nb_hidden) * 1e-6
    b2 = torch.randn(c) * 1e-6

    history = []
    for _ in range(nb_steps):
        g_w1, g_b1 = torch.zeros(nb_hidden, d), torch.zeros(nb_hidden)
        g_w2, g_b2 = torch.zeros(c, nb_hidden), torch.zeros(c)
        total, wrong = 0.0, 0
        for i in range(n):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[i])
            backward_pass(w1, b1, w2, b2, target[i], x0, s1, x1, s2, x2, g_w1, g_b1, g_w2, g_b2)
            loss = loss(x2, target[i])
            total += loss.item()
            wrong += int(x2.argmax() != target[i].argmax())
        wrong_test = 0
        for i in range(len(test_input)):
            out = forward_pass(w1, b1, w2, b2, test_input[i])[-1]
            wrong_test += int(out.argmax() != test_target[i].argmax())
        history.append((total, wrong / n, wrong_test / len(test_input)))

        w1 = w1 - 0.1 / n * g_w1
        b1 = b1 - 0.1 / n * g_b1
        w2 = w2 - 0.1 / n * g_w2
        b2 = b2 - 0.1 / n * g_b2
    return (w1, b1, w2, b2), history
