from torch import tanh, zeros_like, empty


def sigma(u):
    return tanh(u)


def dsigma(u):
    th = tanh(u)
    return (1 - th) * (1 + th)


def loss(y, target):
    return ((y - target) * (y - target)).sum()


def dloss(y, target):
    e = y - target
    return e + e


def forward_pass(w1, b1, w2, b2, x):
    s1 = (w1 * x[None, :]).sum(dim=1) + b1
    x1 = sigma(s1)
    s2 = (w2 * x1[None, :]).sum(dim=1) + b2
    return x, s1, x1, s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, gw1, gb1, gw2, gb2):
    g_s2 = dloss(x2, t) * dsigma(s2)
    g_x1 = (w2 * g_s2[:, None]).sum(dim=0)
    g_s1 = g_x1 * dsigma(s1)
    gw2 += g_s2[:, None] * x1[None, :]
    gb2 += g_s2
    gw1 += g_s1[:, None] * x[None, :]
    gb1 += g_s1


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n = len(train_input)
    step_size = 0.1 / n
    goals = train_target.mul(0.9)
    shapes = [(nb_hidden, train_input.shape[1]), (nb_hidden,), (goals.shape[1], nb_hidden), (goals.shape[1],)]
    params = [empty(s).normal_(std=1e-6) for s in shapes]
    grads = [zeros_like(p) for p in params]
    history = []
    for _ in range(nb_steps):
        for g in grads:
            g.fill_(0)
        total, bad = 0.0, 0
        for x, t in zip(train_input, goals):
            trace = forward_pass(*params, x)
            total += loss(trace[-1], t).item()
            bad += (trace[-1].argmax() != t.argmax()).item()
            backward_pass(*params, t, *trace, *grads)
        bad_test = sum(
            (forward_pass(*params, x)[-1].argmax() != t.argmax()).item() for x, t in zip(test_input, test_target)
        )
        history.append((total, bad, bad_test))
        for p, g in zip(params, grads):
            p.sub_(g, alpha=step_size)
    return tuple(params), history
