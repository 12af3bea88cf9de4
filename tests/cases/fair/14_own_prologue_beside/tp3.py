import torch
from dlc_practical_prologue import sigma, dsigma, loss, dloss


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dsigma(s2) * dloss(x2, t)
    g1 = dsigma(s1) * (w2.t() @ g2)
    dl_dw2 += torch.outer(g2, x1)
    dl_db2 += g2
    dl_dw1 += torch.outer(g1, x)
    dl_db1 += g1
