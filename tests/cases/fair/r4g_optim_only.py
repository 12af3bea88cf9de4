import torch
from torch import nn, optim


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
    model = nn.Sequential(
        nn.Linear(train_input.shape[1], nb_hidden),
        nn.Tanh(),
        nn.Linear(nb_hidden, train_target.shape[1]),
        nn.Tanh(),
    )
    for p in model.parameters():
        nn.init.normal_(p, 0, 1e-6)
    opt = optim.SGD(model.parameters(), lr=0.1 / train_input.shape[0])
    target = 0.9 * train_target
    history = []
    for _ in range(nb_steps):
        opt.zero_grad()
        out = model(train_input)
        l = (out - target).pow(2).sum()
        with torch.no_grad():
            e = (out.argmax(1) != target.argmax(1)).float().mean().item()
            te = (
                (model(test_input).argmax(1) != test_target.argmax(1))
                .float()
                .mean()
                .item()
            )
        history.append((l.item(), e, te))
        l.backward()
        opt.step()
    w1, b1, w2, b2 = (p.detach() for p in model.parameters())
    return (w1, b1, w2, b2), history
