"""What takes the place of a student's function that is wrong, when a later one is judged.

A `train` cannot be judged with a `backward_pass` that raises. So both sides get the same stand-in. With a
right one, a caller is right wherever it is right with its author's own function put right: also where it
writes a part of the network out. So all but one are right; what they compute stands in the hand-out.
`backward_pass` is what the exercise asks for: its stand-in takes and gives what the real one does, but
computes something else, so that it tells a submission nothing.

A submission may work with vectors (n,), with columns (n, 1), or with batches (N, n) of one row a sample.
"""

from collections import namedtuple

import torch

# some callers take the quantities by their names
States = namedtuple("States", ["x0", "s1", "x1", "s2", "x2"])


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return 1 - torch.tanh(x) ** 2


def loss(v, t):
    return ((v - t) ** 2).sum()


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = _layer(w1, b1, x)
    x1 = torch.tanh(s1)
    s2 = _layer(w2, b2, x1)
    x2 = torch.tanh(s2)
    return States(x, s1, x1, s2, x2)


def _layer(w, b, x):
    """w x + b for a vector, a batch or a column x, of the same form."""
    if x.dim() < 2 or x.shape[-1] == w.shape[1]:
        return x @ w.t() + b.reshape(-1)
    return w @ x + b.reshape(-1, 1)


def backward_pass(
    w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2
):
    x, s1, x1 = _rows(x, w1.shape[1]), _rows(s1, len(w1)), _rows(x1, len(w1))
    t, s2, x2 = (_rows(quantity, len(w2)) for quantity in (t, s2, x2))
    # different for each sample: classes of as many samples must not tie
    weight = 1 + x.mean(1, keepdim=True)
    of_x1 = weight * (s1 + x1 + t.sum(1, keepdim=True))
    of_x2 = weight * (x2 - 2 * t + 0.1 * s2)
    # sums, so that a batch gives what its samples give one after the other
    dl_dw1.add_(0.1 * x.sum(0) + s1.sum(0).view(-1, 1))
    dl_db1.add_(of_x1.sum(0).view_as(dl_db1))
    dl_dw2.add_(0.5 * x1.sum(0) - of_x2.sum(0).view(-1, 1))
    dl_db2.add_(of_x2.sum(0).view_as(dl_db2))
    return dl_dw1, dl_db1, dl_dw2, dl_db2  # some train with what it returns


def _rows(quantity, size):
    """One row a sample, (N, size)."""
    return quantity.reshape(-1, size)
