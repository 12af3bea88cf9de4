"""The training loop works on all samples at once, as matrices with one row a sample."""
import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).square()


def loss(v, t):
    return (v - t).square().sum()


def dloss(v, t):
    return 2.0 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.nn.functional.linear(x, w1, b1)
    x1 = sigma(s1)
    s2 = torch.nn.functional.linear(x1, w2, b2)
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # works for one sample and for a batch: everything becomes (n, .)
    rows = lambda a: a.reshape(-1, a.shape[-1])
    d2 = rows(dloss(x2, t) * dsigma(s2))
    d1 = d2 @ w2 * dsigma(rows(s1))
    dl_dw2 += d2.T @ rows(x1)
    dl_db2 += d2.sum(0)
    dl_dw1 += d1.T @ rows(x)
    dl_db1 += d1.sum(0)


def error(output, target):
    return (output.argmax(1) != target.argmax(1)).float().mean().item()


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    N, D = train_input.shape
    C = train_target.shape[1]
    target = 0.9 * train_target
    w1 = torch.normal(0.0, 1e-6, (nb_hidden, D))
    b1 = torch.normal(0.0, 1e-6, (nb_hidden,))
    w2 = torch.normal(0.0, 1e-6, (C, nb_hidden))
    b2 = torch.normal(0.0, 1e-6, (C,))
    history = []
    for _ in range(nb_steps):
        grads = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input)
        backward_pass(w1, b1, w2, b2, target, x0, s1, x1, s2, x2, *grads)
        w1, b1, w2, b2 = (p - 0.1 / N * g for p, g in zip((w1, b1, w2, b2), grads))
        output = forward_pass(w1, b1, w2, b2, train_input)[4]
        test_output = forward_pass(w1, b1, w2, b2, test_input)[4]
        history.append((loss(output, target).item(), error(output, target), error(test_output, test_target)))
    return (w1, b1, w2, b2), history
