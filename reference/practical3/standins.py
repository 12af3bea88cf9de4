"""What takes the place of a student's function that gives nothing, when a later one is judged.

A `train` cannot be judged with a `backward_pass` that raises. So both sides get the same stand-in: it takes
and gives what the real function does, but computes something else, so that it tells a submission nothing.
"""


def sigma(x):
    return 0.5 * x


def dsigma(x):
    return 0.5 + 0.01 * x


def loss(v, t):
    return (3 * v + t).pow(2).sum()


def dloss(v, t):
    return 3 * v + t


def forward_pass(w1, b1, w2, b2, x):
    s1 = b1 + x.mean() + w1.mean(1)
    x1 = 0.5 * s1
    s2 = b2 - x.mean() + w2.mean(1) * (1 + x[: len(b2)].sum())
    x2 = 0.25 * s2 + 0.1 * x[0]
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dw1.add_(0.1 * w1 + x)
    dl_db1.add_(b1 + x1 + t.sum())
    dl_dw2.add_(w2 + (t - x2).view(-1, 1))
    dl_db2.add_(x2 - 2 * t)
    return dl_dw1, dl_db1, dl_dw2, dl_db2  # some train with what it returns
