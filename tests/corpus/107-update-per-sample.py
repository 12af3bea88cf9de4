import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x) ** 2


def loss(v, t):
    return sum((v - t) ** 2)


def dloss(v, t):
    return 2 * (v - t)


def states(weights, x):
    yield x
    for w, b in weights:
        s = w @ x + b
        yield s
        x = sigma(s)
        yield x


def forward_pass(w1, b1, w2, b2, x):
    return tuple(states([(w1, b1), (w2, b2)], x))


def deltas(w2, t, s1, s2, x2):
    d = dloss(x2, t) * dsigma(s2)
    yield d
    yield (d @ w2) * dsigma(s1)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    targets = iter([(dl_dw2, dl_db2, x1), (dl_dw1, dl_db1, x)])
    for d, (dw, db, inp) in zip(deltas(w2, t, s1, s2, x2), targets):
        dw += d.reshape(-1, 1) * inp
        db += d


def descend(params, xs, ts):
    while True:
        total = 0.0
        wrong = 0
        for x, t in zip(xs, ts):
            grads = [torch.zeros_like(p) for p in params]
            trace = forward_pass(*params, x)
            total += loss(trace[-1], t).item()
            wrong += (trace[-1].argmax() != t.argmax()).item()
            backward_pass(*params, t, *trace, *grads)
            for p, g in zip(params, grads):
                p -= g * (0.1 / len(xs))
        yield total, wrong / len(xs)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    d, c = train_input.size(1), train_target.size(1)
    params = [torch.empty(*s).normal_(0, 1e-6) for s in ((nb_hidden, d), (nb_hidden,), (c, nb_hidden), (c,))]
    history = []
    run = descend(params, train_input, train_target * 0.9)
    for _ in range(nb_steps):
        wrong = [forward_pass(*params, x)[-1].argmax() != t.argmax() for x, t in zip(test_input, test_target)]
        total, train_error = next(run)
        history.append((total, train_error, torch.stack(wrong).float().mean().item()))
    return tuple(params), history
