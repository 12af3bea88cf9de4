import torch
from statistics import mean

def sigma(x):
    return torch.tanh(x)

# the derivatives are written directly in backward_pass
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
    dl_ds2 = dloss(x2, t) * (1 - x2 ** 2)
    dl_ds1 = w2.t().mv(dl_ds2) * (1 - x1 ** 2)
    dl_dw2.add_(torch.outer(dl_ds2, x1))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.outer(dl_ds1, x))
    dl_db1.add_(dl_ds1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    eta, zeta, eps = 0.1 / train_input.size(0), 0.9, 1e-6
    w1 = torch.randn(nb_hidden, train_input.size(1)).mul_(eps)
    b1 = torch.randn(nb_hidden).mul_(eps)
    w2 = torch.randn(train_target.size(1), nb_hidden).mul_(eps)
    b2 = torch.randn(train_target.size(1)).mul_(eps)
    history = []
    for step in range(nb_steps):
        dl_dw1, dl_db1, dl_dw2, dl_db2 = map(torch.zeros_like, (w1, b1, w2, b2))
        losses, fails = [], []
        for x, t in zip(train_input, train_target * zeta):
            out = forward_pass(w1, b1, w2, b2, x)
            losses.append(loss(out[-1], t).item())
            fails.append(out[-1].argmax().item() != t.argmax().item())
            backward_pass(w1, b1, w2, b2, t, *out, dl_dw1, dl_db1, dl_dw2, dl_db2)
        test_fails = [forward_pass(w1, b1, w2, b2, x)[-1].argmax().item() != t.argmax().item()
                      for x, t in zip(test_input, test_target)]
        history.append((mean(losses), mean(map(float, fails)), mean(map(float, test_fails))))
        w1 = w1 - eta * dl_dw1
        b1 = b1 - eta * dl_db1
        w2 = w2 - eta * dl_dw2
        b2 = b2 - eta * dl_db2
    return (w1, b1, w2, b2), history
