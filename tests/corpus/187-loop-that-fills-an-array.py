import numpy as np
import torch
import dlc_practical_prologue as prologue

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x)**2

def loss(v, t):
    return torch.sum((v - t)**2)

def dloss(v, t):
    return 2*(v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dx2 = dloss(x2, t)
    ds2 = dx2 * dsigma(s2)
    dx1 = w2.T @ ds2
    ds1 = dx1 * dsigma(s1)
    dl_dw2 += torch.outer(ds2, x1)
    dl_db2 += ds2
    dl_dw1 += torch.outer(ds1, x)
    dl_db1 += ds1

def optimize(X, T, Xt, Tt, w, n_steps=1000, gamma=0.1):
    """ full batch gradient descent, w is the tuple (w1,b1,w2,b2), modified in place """
    N = X.shape[0]
    hist = np.zeros((n_steps, 3))
    G = tuple(torch.zeros_like(p) for p in w)
    for it in range(n_steps):
        [g.zero_() for g in G]
        for n in range(N):
            fw = forward_pass(*w, X[n])
            backward_pass(*w, T[n], *fw, *G)
            hist[it, 0] += loss(fw[-1], T[n]).item()
            hist[it, 1] += (fw[-1].argmax() != T[n].argmax()).item()
        for n in range(Xt.shape[0]):
            hist[it, 2] += (forward_pass(*w, Xt[n])[-1].argmax() != Tt[n].argmax()).item()
        hist[it, 1] /= N
        hist[it, 2] /= Xt.shape[0]
        for p, g in zip(w, G):
            p.sub_(gamma / N * g)
    return hist

Xtr, Ttr, Xte, Tte = prologue.load_data(one_hot_labels=True, normalize=True)
Ttr = 0.9 * Ttr
Tte = 0.9 * Tte
weights = (torch.randn(50, 784) * 1e-6, torch.randn(50) * 1e-6, torch.randn(10, 50) * 1e-6, torch.randn(10) * 1e-6)
hist = optimize(Xtr, Ttr, Xte, Tte, weights)
np.savetxt('hist.txt', hist)
print(hist[-1])
