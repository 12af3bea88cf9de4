"""What takes the place of a student's function that gives nothing, when a later one is judged.

A `train` cannot be judged with a `backward_pass` that raises. So both sides get the same stand-in: it takes
and gives what the real function does, but computes something else, so that it tells a submission nothing.
Those of the network take columns and rows too, and give what they are given.
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
    x0, b1, b2 = x.reshape(-1), b1.reshape(-1), b2.reshape(-1)
    s1 = b1 + x0.mean() + w1.mean(1)
    x1 = 0.5 * s1
    s2 = b2 - x0.mean() + w2.mean(1) * (1 + x0[: len(b2)].sum())
    x2 = 0.25 * s2 + 0.1 * x0[0]
    shape = (-1, 1) if x.dim() > 1 and x.shape[1] == 1 else (*x.shape[:-1], -1)
    return x, s1.view(shape), x1.view(shape), s2.view(shape), x2.view(shape)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dw1.add_(0.1 * w1 + x.reshape(-1))
    dl_db1.add_(b1 + x1.view(b1.shape) + t.sum())
    dl_dw2.add_(w2 + (t - x2).view(-1, 1))
    dl_db2.add_(x2.view(b2.shape) - 2 * t.view(b2.shape))
    return dl_dw1, dl_db1, dl_dw2, dl_db2  # some train with what it returns
