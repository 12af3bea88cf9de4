import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 + torch.tanh(x).pow(2)

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.t() @ x0 + b1
    x1 = sigma(s1)
    s2 = w2.t() @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dx1 = w2.t() @ dl_ds2
    dl_ds1 = dl_dx1 * dsigma(s1)
    dl_dw1 += torch.outer(dl_ds1, x)
    dl_db1 += dl_ds1
    dl_db2 += dl_ds2
    dl_dw2 += torch.outer(dl_ds2, x2)

def correct(params, inputs, targets):
    k = 0
    for x, t in zip(inputs, targets):
        k += int(forward_pass(*params, x)[4].argmax() == t.argmax())
    return k / inputs.size(0)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    nb = train_input.size(0)
    y = train_target * 0.9
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(y.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(y.size(1)).normal_(0, 1e-6)
    params = (w1, b1, w2, b2)
    history = []
    for step in range(nb_steps):
        grads = [torch.zeros_like(p) for p in params]
        total = 0
        for x, t in zip(train_input, y):
            x0, s1, x1, s2, x2 = forward_pass(*params, x)
            total += loss(x2, t).item()
            backward_pass(*params, t, x0, s1, x1, s2, x2, *grads)
        history.append((total, correct(params, train_input, train_target), correct(params, test_input, test_target)))
        for p, g in zip(params, grads):
            p.sub_(0.1 / nb * g)
    return params, history
