import torch as t_

LEARNING_RATE = 0.1
TARGET_SCALE = 0.9
INIT_STD = 1e-6


def sigma(x, scale=1.0):
    return scale * t_.tanh(x)


def dsigma(x, f=t_.tanh):
    return 1 - f(x) ** 2


def loss(v, t, reduction='sum'):
    e = (v - t) ** 2
    return e.sum() if reduction == 'sum' else e.mean()


def dloss(v, t, factor=2):
    return factor * (v - t) / len(v)


def forward_pass(w1, b1, w2, b2, x, f=sigma):
    s1 = w1 @ x + b1
    x1 = f(s1)
    s2 = w2 @ x1 + b2
    x2 = f(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2, df=dsigma, dl=dloss):
    err2 = dl(x2, t) * df(s2)
    err1 = (err2 @ w2) * df(s1)
    for acc, g in zip((dl_dw1, dl_db1, dl_dw2, dl_db2),
                      (err1[:, None] @ x[None, :], err1, err2[:, None] @ x1[None, :], err2)):
        acc += g


def zeros_for(params):
    return [t_.zeros_like(p) for p in params]


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000,
          lr=LEARNING_RATE, scale=TARGET_SCALE, std=INIT_STD, seed=None, verbose=0):
    if seed is not None:
        t_.manual_seed(seed)
    n = train_input.shape[0]
    targets = scale * train_target
    params = [t_.normal(0, std, size=s) for s in
              [(nb_hidden, train_input.shape[1]), (nb_hidden,), (targets.shape[1], nb_hidden), (targets.shape[1],)]]

    history = []
    for _ in range(nb_steps):
        acc = zeros_for(params)
        trace = [forward_pass(*params, x) for x in train_input]
        for t, tr in zip(targets, trace):
            backward_pass(*params, t, *tr, *acc)
        preds = t_.stack([tr[-1] for tr in trace])
        test_preds = t_.stack([forward_pass(*params, x)[-1] for x in test_input])
        history.append((
            sum(loss(p, t).item() for p, t in zip(preds, targets)),
            (preds.argmax(1) != targets.argmax(1)).sum().item() / n,
            (test_preds.argmax(1) != test_target.argmax(1)).sum().item() / test_input.shape[0],
        ))
        params = [p - lr * a / n for p, a in zip(params, acc)]
    return tuple(params), history
