import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    # recursive, because why not
    if v.numel() == 1:
        return (v - t).pow(2).sum()
    half = v.numel() // 2
    return loss(v[:half], t[:half]) + loss(v[half:], t[half:])


def dloss(v, t):
    return 2 * (v - t)


def through(layers, x):
    """All states and activations from x on."""
    if not layers:
        return (x,)
    (w, b), *rest = layers
    s = w.mv(x) + b
    return (x, s) + through(rest, sigma(s))


def back(layers, inputs, states, grads, grad_out):
    """Accumulate the gradients of the last layer, then of those before it."""
    if not layers:
        return
    w, b = layers[-1]
    gw, gb = grads[-1]
    delta = grad_out * dsigma(states[-1])
    gw += torch.outer(delta, inputs[-1])
    gb += delta
    back(layers[:-1], inputs[:-1], states[:-1], grads[:-1], w.t().mv(delta))


def forward_pass(w1, b1, w2, b2, x):
    return through([(w1, b1), (w2, b2)], x)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    back([(w1, b1), (w2, b2)], [x, x1], [x1, x2], [(dl_dw1, dl_db1), (dl_dw2, dl_db2)], dloss(x2, t))


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n = train_input.size(0)
    t9 = train_target * .9
    theta = [torch.empty(nb_hidden, train_input.size(1)), torch.empty(nb_hidden),
             torch.empty(t9.size(1), nb_hidden), torch.empty(t9.size(1))]
    [p.normal_(0, 1e-6) for p in theta]
    history = []
    for _ in range(nb_steps):
        grad = [torch.zeros_like(p) for p in theta]
        cost = misses = test_misses = 0
        for x, t in zip(train_input, t9):
            trace = forward_pass(*theta, x)
            cost += loss(trace[-1], t).item()
            misses += trace[-1].argmax().ne(t.argmax()).item()
            backward_pass(*theta, t, *trace, *grad)
        for x, t in zip(test_input, test_target):
            test_misses += forward_pass(*theta, x)[-1].argmax().ne(t.argmax()).item()
        history.append((cost, misses / n, test_misses / test_input.size(0)))
        for p, g in zip(theta, grad):
            p -= (0.1 / n) * g
    return tuple(theta), history
