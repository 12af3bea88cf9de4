from torch import *
from math import *
from torch import autograd, enable_grad

# careful: math's tanh shadows torch's after the second import
from torch import tanh as ttanh
from builtins import range  # torch's own range is another one

def sigma(x):
    return ttanh(x)

def dsigma(x):
    return 1 - ttanh(x) ** 2

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    s1 = matmul(w1, x) + b1
    x1 = sigma(s1)
    s2 = matmul(w2, x1) + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):

    ps = [p.detach().clone().requires_grad_() for p in (w1, b1, w2, b2)]
    with enable_grad():
        out = forward_pass(*ps, x)[4]
        grads = autograd.grad(loss(out, t), ps)
    for acc, grad in zip((dl_dw1, dl_db1, dl_dw2, dl_db2), grads):
        acc += grad

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    N = train_input.size(0)
    std = pow(10, -6)
    w1 = normal(0.0, std, size=(nb_hidden, train_input.size(1)))
    b1 = normal(0.0, std, size=(nb_hidden,))
    w2 = normal(0.0, std, size=(train_target.size(1), nb_hidden))
    b2 = normal(0.0, std, size=(train_target.size(1),))
    T = train_target * 0.9
    history = []
    for k in range(nb_steps):
        a, b, c, d = zeros_like(w1), zeros_like(b1), zeros_like(w2), zeros_like(b2)
        tot = 0.0; err = 0; terr = 0
        for n in range(N):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            backward_pass(w1, b1, w2, b2, T[n], x0, s1, x1, s2, x2, a, b, c, d)
            tot += loss(x2, T[n]).item()
            if argmax(x2) != argmax(T[n]): err += 1
        for n in range(test_input.size(0)):
            if argmax(forward_pass(w1, b1, w2, b2, test_input[n])[4]) != argmax(test_target[n]): terr += 1
        history.append((tot, err / N, terr / test_input.size(0)))
        w1 = w1 - 0.1 / N * a
        b1 = b1 - 0.1 / N * b
        w2 = w2 - 0.1 / N * c
        b2 = b2 - 0.1 / N * d
    return (w1, b1, w2, b2), history
