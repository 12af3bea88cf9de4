from torch.utils.data import TensorDataset, DataLoader
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
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dsigma(s2) * dloss(x2, t)
    g1 = dsigma(s1) * (w2.t() @ g2)
    dl_dw2 += torch.outer(g2, x1)
    dl_db2 += g2
    dl_dw1 += torch.outer(g1, x)
    dl_db1 += g1


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    tt, te = train_target * 0.9, test_target * 0.9
    n, d = train_input.shape
    c = tt.shape[1]
    eps = 1e-6
    w1 = torch.empty(nb_hidden, d, dtype=train_input.dtype).normal_(0, eps)
    b1 = torch.empty(nb_hidden, dtype=train_input.dtype).normal_(0, eps)
    w2 = torch.empty(c, nb_hidden, dtype=train_input.dtype).normal_(0, eps)
    b2 = torch.empty(c, dtype=train_input.dtype).normal_(0, eps)
    eta = 0.1 / n
    history = []
    for _ in range(nb_steps):
        gs = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        total, wrong = 0.0, 0
        for x, t in (
            (a[0], b[0])
            for a, b in DataLoader(
                TensorDataset(train_input, tt), batch_size=1, num_workers=2
            )
        ):
            out = forward_pass(w1, b1, w2, b2, x)
            total += loss(out[-1], t).item()
            wrong += int(out[-1].argmax() != t.argmax())
            backward_pass(w1, b1, w2, b2, t, *out, *gs)
        bad = sum(
            int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
            for x, t in zip(test_input, te)
        )
        history.append((total, wrong / n, bad / len(te)))
        w1, b1, w2, b2 = (p - eta * g for p, g in zip((w1, b1, w2, b2), gs))
    return (w1, b1, w2, b2), history
