import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    # x is already the output of the tanh
    return 1 - x.pow(2)

def loss(v, t):
    return (v - t).sum().pow(2)

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, x1, x2, s1, s2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(x2)
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dl_dx1 * dsigma(x1)
    dl_dw2.add_(dl_ds2.view(-1, 1).mm(x1.view(1, -1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(dl_ds1.view(-1, 1).mm(x.view(1, -1)))
    dl_db1.add_(dl_ds1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    zeta, eps = 0.9, 1e-6
    eta = 0.1 / train_input.size(0)
    targets = zeta * train_target
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, eps)
    b1 = torch.empty(nb_hidden).normal_(0, eps)
    w2 = torch.empty(targets.size(1), nb_hidden).normal_(0, eps)
    b2 = torch.empty(targets.size(1)).normal_(0, eps)
    history = []
    for step in range(nb_steps):
        dl_dw1 = torch.zeros(w1.size())
        dl_db1 = torch.zeros(b1.size())
        dl_dw2 = torch.zeros(w2.size())
        dl_db2 = torch.zeros(b2.size())
        acc_loss, errors, test_errors = 0., 0, 0
        for n in range(train_input.size(0)):
            x0, x1, x2, s1, s2 = forward_pass(w1, b1, w2, b2, train_input[n])
            acc_loss += loss(x2, targets[n]).item()
            if x2.argmax() != targets[n].argmax():
                errors += 1
            backward_pass(w1, b1, w2, b2, targets[n], x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        for n in range(test_input.size(0)):
            _, _, x2, _, _ = forward_pass(w1, b1, w2, b2, test_input[n])
            if x2.argmax() != test_target[n].argmax():
                test_errors += 1
        history.append((acc_loss, errors / train_input.size(0), test_errors / test_input.size(0)))
        w1 = w1 - eta * dl_dw1
        b1 = b1 - eta * dl_db1
        w2 = w2 - eta * dl_dw2
        b2 = b2 - eta * dl_db2
    return (w1, b1, w2, b2), history
