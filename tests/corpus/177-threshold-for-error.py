import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x).pow(2)

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1
    dl_dw2.addr_(dl_ds2, x1)
    dl_db2.add_(dl_ds2)
    dl_dw1.addr_(dl_ds1, x)
    dl_db1.add_(dl_ds1)

def is_wrong(x2, t):
    # the answer is right if the unit of the class is on and all the others are off
    return not torch.equal(x2 > 0.5, t > 0.5)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n = train_input.size(0)
    y = train_target * 0.9
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(y.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(y.size(1)).normal_(0, 1e-6)
    history = []
    for step in range(nb_steps):
        dl_dw1 = torch.zeros_like(w1)
        dl_db1 = torch.zeros_like(b1)
        dl_dw2 = torch.zeros_like(w2)
        dl_db2 = torch.zeros_like(b2)
        l, wrong, wrong_test = 0, 0, 0
        for i in range(n):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[i])
            l += loss(x2, y[i]).item()
            wrong += is_wrong(x2, y[i])
            backward_pass(w1, b1, w2, b2, y[i], x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        for i in range(test_input.size(0)):
            wrong_test += is_wrong(forward_pass(w1, b1, w2, b2, test_input[i])[4], test_target[i])
        history.append((l, wrong / n, wrong_test / test_input.size(0)))
        w1 -= 0.1 / n * dl_dw1
        b1 -= 0.1 / n * dl_db1
        w2 -= 0.1 / n * dl_dw2
        b2 -= 0.1 / n * dl_db2
    return (w1, b1, w2, b2), history
