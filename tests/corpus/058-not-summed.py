import torch

sigma = lambda x: torch.tanh(x)
dsigma = lambda x: 1 - torch.tanh(x).pow(2)
loss = lambda v, t: (v - t).pow(2)
dloss = lambda v, t: 2 * (v - t)

affine = lambda w, b: lambda x: w.mv(x) + b


def forward_pass(w1, b1, w2, b2, x):
    layer1, layer2 = affine(w1, b1), affine(w2, b2)
    x1 = sigma(s1 := layer1(x))
    x2 = sigma(s2 := layer2(x1))
    return x, s1, x1, s2, x2


def chain(s):
    """Back through the activation whose state was s."""
    def through(g):
        return g * dsigma(s)
    return through


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, *acc):
    dw1, db1, dw2, db2 = acc
    g2 = chain(s2)(dloss(x2, t))
    g1 = chain(s1)(w2.t().mv(g2))
    dw2.addr_(g2, x1)
    db2.add_(g2)
    dw1.addr_(g1, x)
    db1.add_(g1)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    tt = 0.9 * train_target
    gauss = lambda *size: torch.empty(*size).normal_(0, 1e-6)
    p = [gauss(nb_hidden, train_input.size(1)), gauss(nb_hidden), gauss(tt.size(1), nb_hidden), gauss(tt.size(1))]
    out = lambda x: forward_pass(*p, x)[4]
    miss = lambda xs, ts: sum(int(out(x).argmax() != t.argmax()) for x, t in zip(xs, ts)) / xs.size(0)

    def step():
        g = [q.new_zeros(q.size()) for q in p]
        s = 0.
        for x, t in zip(train_input, tt):
            fw = forward_pass(*p, x)
            backward_pass(*p, t, *fw, *g)
            s += float(loss(fw[4], t).sum())
        line = (s, miss(train_input, tt), miss(test_input, test_target))
        for q, dq in zip(p, g):
            q -= 0.1 / train_input.size(0) * dq
        return line

    history = [step() for _ in range(nb_steps)]
    return tuple(p), history
