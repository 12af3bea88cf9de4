import collections
import torch

Pass = collections.namedtuple('Pass', 'x0 s1 x1 s2 x2')
Model = collections.namedtuple('Model', ['w1', 'b1', 'w2', 'b2'])


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - sigma(x) ** 2


def loss(v, t):
    return float(((v - t) ** 2).sum())


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = (w1 * x).sum(1) + b1
    x1 = sigma(s1)
    s2 = (w2 * x1).sum(1) + b2
    return Pass(x, s1, x1, s2, x2=sigma(s2))


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    m, p = Model(w1, b1, w2, b2), Pass(x, s1, x1, s2, x2)
    d2 = dloss(p.x2, t) * dsigma(p.x2)
    d1 = (m.w2 * d2.view(-1, 1)).sum(0) * dsigma(p.s1)
    dl_dw2 += d2.view(-1, 1) * p.s1
    dl_db2 += d2
    dl_dw1 += d1.view(-1, 1) * p.x0
    dl_db1 += d1


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    y = train_target * 0.9
    rnd = lambda *s: torch.randn(*s).mul(1e-6)
    model = Model(rnd(nb_hidden, train_input.size(1)), rnd(nb_hidden), rnd(y.size(1), nb_hidden), rnd(y.size(1)))
    history = []
    for step in range(nb_steps):
        grad = Model(*[torch.zeros_like(p) for p in model])
        total, bad, bad_test = 0.0, 0, 0
        for x, t in zip(train_input, y):
            p = forward_pass(*model, x)
            total += loss(p.x2, t)
            bad += bool(p.x2.argmax() != t.argmax())
            backward_pass(*model, t, *p, *grad)
        for x, t in zip(test_input, test_target):
            bad_test += bool(forward_pass(*model, x).x2.argmax() != t.argmax())
        history.append((total, bad / len(y), bad_test / len(test_input)))
        model = Model._make(p - 0.1 / len(y) * g for p, g in zip(model, grad))
    return model, history
