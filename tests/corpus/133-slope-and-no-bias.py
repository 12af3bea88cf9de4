import torch as th

ZETA, STD, LR = 0.9, 1e-6, 1e-1


def sigma(x): return th.tanh(x)
def dsigma(x): return 1 - sigma(x)
def loss(v, t): return th.sum((v - t) ** 2)
def dloss(v, t): return -2 * (t - v)


def forward_pass(w1, b1, w2, b2, x):
    s1 = b1 + w1 @ x
    x1 = sigma(s1)
    s2 = w2 @ x1
    x2 = sigma(s2)
    return (x, s1, x1, s2, x2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    grad = dloss(x2, t)
    grad = grad * dsigma(s2)
    dl_db2.add_(grad)
    dl_dw2.add_(th.outer(grad, x1))
    grad = grad @ w2
    grad = grad * dsigma(s1)
    dl_db1.add_(grad)
    dl_dw1.add_(th.outer(grad, x))


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    train_target = ZETA * train_target
    N, D = train_input.shape
    C = train_target.shape[-1]
    w1 = th.empty(nb_hidden, D).normal_(0, STD)
    b1 = th.empty(nb_hidden).normal_(0, STD)
    w2 = th.empty(C, nb_hidden).normal_(0, STD)
    b2 = th.empty(C).normal_(0, STD)
    dw1, db1, dw2, db2 = th.empty_like(w1), th.empty_like(b1), th.empty_like(w2), th.empty_like(b2)
    lr = LR / N
    history = []
    step = 0
    while step < nb_steps:
        for g in (dw1, db1, dw2, db2):
            g.zero_()
        L = 0
        E = 0
        for x, t in zip(train_input, train_target):
            out = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, *out, dw1, db1, dw2, db2)
            L += loss(out[4], t)
            E += out[4].argmax() != t.argmax()
        F = 0
        for x, t in zip(test_input, test_target):
            F += forward_pass(w1, b1, w2, b2, x)[4].argmax() != t.argmax()
        history.append((float(L), float(E) / N, float(F) / test_input.shape[0]))
        w1 -= lr * dw1
        b1 -= lr * db1
        w2 -= lr * dw2
        b2 -= lr * db2
        step += 1
    return (w1, b1, w2, b2), history
