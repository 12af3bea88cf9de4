import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x) ** 2

def loss(v, t):
    return ((v - t) ** 2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = torch.mm(x0, w1.t()) + b1
    x1 = sigma(s1)
    s2 = torch.mm(x1, w2.t()) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * dsigma(s2)
    dl_ds1 = dl_ds2.mm(w2) * dsigma(s1)
    dl_dw2 += dl_ds2.t().mm(x1)
    dl_db2 += dl_ds2.sum(0)
    dl_dw1 += dl_ds1.t().mm(x)
    dl_db1 += dl_ds1.sum(0)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    tt = train_target * 0.9
    n, d = train_input.shape
    c = tt.shape[1]
    w1 = torch.empty(nb_hidden, d).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(c, nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(c).normal_(0, 1e-6)
    history = []
    for _ in range(nb_steps):
        gs = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input)
        backward_pass(w1, b1, w2, b2, tt, x0, s1, x1, s2, x2, *gs)
        y = forward_pass(w1, b1, w2, b2, test_input)[-1]
        history.append((loss(x2, tt).item(), (x2.argmax(1) != tt.argmax(1)).float().mean().item(), (y.argmax(1) != test_target.argmax(1)).float().mean().item()))
        for p, g in zip((w1, b1, w2, b2), gs):
            p.sub_(0.1 / n * g)
    return (w1, b1, w2, b2), history
