import torch
from functools import partial, reduce
from operator import add

EPS = 1e-6
randn = partial(torch.normal, 0.0, EPS)


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return torch.cosh(x).pow(-2)


def loss(v, t):
    return reduce(add, ((vi - ti) ** 2 for vi, ti in zip(v, t)))


def dloss(v, t):
    return torch.stack([2 * (vi - ti) for vi, ti in zip(v, t)])


def layer(x, wb):
    w, b = wb
    s = torch.addmv(b, w, x)
    return s, sigma(s)


def forward_pass(w1, b1, w2, b2, x):
    def grow(trace, wb):
        return trace + layer(trace[-1], wb)

    return reduce(grow, [(w1, b1), (w2, b2)], (x,))


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    delta = torch.mul(dsigma(s2), dloss(x2, t))
    back = [(dl_dw2, dl_db2, x1, lambda d: torch.mul(dsigma(s1), torch.mv(w2.t(), d))), (dl_dw1, dl_db1, x, None)]
    for acc_w, acc_b, inp, go_on in back:
        acc_w.add_(torch.ger(delta, inp))
        acc_b.add_(delta)
        if go_on is not None:
            delta = go_on(delta)


def evaluate(params, inputs, targets):
    outputs = torch.stack([forward_pass(*params, x)[4] for x in inputs])
    return (outputs.argmax(1) != targets.argmax(1)).double().mean().item()


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n, (d, c) = len(train_input), (train_input.size(1), train_target.size(1))
    scaled = train_target * 0.9
    params = [randn((nb_hidden, d)), randn((nb_hidden,)), randn((c, nb_hidden)), randn((c,))]
    history = []
    grads = list(map(torch.zeros_like, params))
    for _ in range(nb_steps):

        def one(total, sample):
            x, t = sample
            trace = forward_pass(*params, x)
            backward_pass(*params, t, *trace, *grads)
            return total + loss(trace[4], t).item()

        total = reduce(one, zip(train_input, scaled), 0.0)
        history.append((total, evaluate(params, train_input, scaled), evaluate(params, test_input, test_target)))
        params = [p - (0.1 / n) * g for p, g in zip(params, grads)]
    return tuple(params), history
