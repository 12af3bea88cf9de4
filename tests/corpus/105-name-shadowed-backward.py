import torch
import torch.nn as nn


def check_with_autograd(w1, b1, w2, b2, x, t):
    """To compare my gradients with the true ones (only for debugging, not used in train)."""
    ps = [p.clone().requires_grad_() for p in (w1, b1, w2, b2)]
    out = torch.tanh(ps[2] @ torch.tanh(ps[0] @ x + ps[1]) + ps[3])
    nn.MSELoss(reduction='sum')(out, t).backward()
    return [p.grad for p in ps]


def sigma(x):
    return torch.tanh(x)
    return 1 / (1 + torch.exp(-x))


def dsigma(x):
    return 1 - sigma(x).pow(2)
    # return sigma(x) * (1 - sigma(x))


def loss(v, t):
    if True:
        return (v - t).pow(2).sum()
    else:
        return (v - t).sum().pow(2)


def dloss(v, t):
    return (2 * (v - t))
    return (2 * (v - t)).sum()


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2
    x2 = s2
    return x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dloss = dloss(x2, t)
    delta = dsigma(s2) * dloss
    dl_dw2.add_(delta[:, None] * x1)
    dl_db2.add_(delta)
    delta = dsigma(s1) * w2.t().mv(delta)
    dl_dw1.add_(delta[:, None] * x)
    dl_db1.add_(delta)
    return
    dl_dw1 = delta * x
    dl_db1 = delta


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    eta = 0.1 / train_input.size(0)
    train_target = train_target * 0.9
    ws = [torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6), torch.empty(nb_hidden).normal_(0, 1e-6),
          torch.empty(train_target.size(1), nb_hidden).normal_(0, 1e-6), torch.empty(train_target.size(1)).normal_(0, 1e-6)]
    history = []
    for _ in range(nb_steps):
        gs = [torch.zeros_like(w) for w in ws]
        acc = [0.0, 0, 0]
        for n in range(train_input.size(0)):
            fw = forward_pass(*ws, train_input[n])
            backward_pass(*ws, train_target[n], *fw, *gs)
            acc[0] += loss(fw[-1], train_target[n]).item()
            acc[1] += fw[-1].argmax().item() != train_target[n].argmax().item()
        for n in range(test_input.size(0)):
            acc[2] += forward_pass(*ws, test_input[n])[-1].argmax().item() != test_target[n].argmax().item()
        history.append((acc[0], acc[1] / train_input.size(0), acc[2] / test_input.size(0)))
        if False:
            ws = [w.requires_grad_() for w in ws]
            opt = torch.optim.SGD(ws, lr=eta)
            opt.step()
        for w, g in zip(ws, gs):
            w.sub_(eta * g)
    return tuple(ws), history
