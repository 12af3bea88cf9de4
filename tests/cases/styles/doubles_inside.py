"""Everything is computed in float64 and given back in the dtype that came in; in-place methods on copies."""

import torch


def sigma(x):
    y = x.double()
    up, down = torch.exp(-2 * y.abs()), 1 + torch.exp(-2 * y.abs())
    return (y.sign() * (1 - up) / down).to(x.dtype)


def dsigma(x):
    return x.double().tanh().pow_(2).neg_().add_(1).to(x.dtype)


def loss(v, t):
    return v.double().clone().sub_(t).pow_(2).sum().to(v.dtype)


def dloss(v, t):
    return v.double().clone().sub_(t).mul_(2).to(v.dtype)


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.mv(w1.double(), x.double()).add_(b1)
    x1 = sigma(s1)
    s2 = torch.mv(w2.double(), x1).add_(b2)
    return [q.to(x.dtype) for q in (x, s1, x1, s2, sigma(s2))]


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    exact = [q.double() for q in (w2, t, x, s1, x1, s2, x2)]
    w2_, t_, x_, s1_, x1_, s2_, x2_ = exact
    ds2 = dloss(x2_, t_).mul(dsigma(s2_))
    ds1 = torch.mv(w2_.t(), ds2).mul(dsigma(s1_))
    dl_dw2.add_(torch.ger(ds2, x1_).to(dl_dw2.dtype))
    dl_db2.add_(ds2.to(dl_db2.dtype))
    dl_dw1.add_(torch.ger(ds1, x_).to(dl_dw1.dtype))
    dl_db1.add_(ds1.to(dl_db1.dtype))


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    target = train_target.clone().mul_(0.9)
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(std=1e-6)
    b1 = torch.empty(nb_hidden).normal_(std=1e-6)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(std=1e-6)
    b2 = torch.empty(train_target.size(1)).normal_(std=1e-6)
    g = [torch.zeros_like(p, dtype=torch.float64) for p in (w1, b1, w2, b2)]
    history = []
    for _ in range(nb_steps):
        for a in g:
            a.zero_()
        losses, wrong = [], []
        for n in range(train_input.size(0)):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            losses.append(float(loss(x2, target[n])))
            wrong.append(int(x2.argmax() != target[n].argmax()))
            backward_pass(w1, b1, w2, b2, target[n], x0, s1, x1, s2, x2, *g)
        missed = 0
        for n in range(test_input.size(0)):
            missed += int(
                forward_pass(w1, b1, w2, b2, test_input[n])[4].argmax()
                != test_target[n].argmax()
            )
        history.append(
            (sum(losses), sum(wrong) / len(wrong), missed / test_input.size(0))
        )
        for p, a in zip((w1, b1, w2, b2), g):
            p.sub_((a * 0.1 / train_input.size(0)).to(p.dtype))
    return (w1, b1, w2, b2), history
