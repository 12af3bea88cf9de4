import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    th = torch.tanh(x)
    return 1 - th.mul(th)

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    # layer 1
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    # layer 2
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    # states first, then the activations
    return s1, s2, x0, x1, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2.mul(dsigma(s2))
    dl_db2.add_(dl_ds2)
    dl_dw2.addr_(dl_ds2, x1)
    dl_dx1 = torch.mv(w2.t(), dl_ds2)
    dl_ds1 = dl_dx1.mul(dsigma(s1))
    dl_db1.add_(dl_ds1)
    dl_dw1.addr_(dl_ds1, x)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    nb_samples = train_input.shape[0]
    nb_test = test_input.shape[0]
    w1 = torch.empty(nb_hidden, train_input.shape[1]).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(train_target.shape[1], nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(train_target.shape[1]).normal_(0, 1e-6)
    dl_dw1 = torch.empty(w1.shape)
    dl_db1 = torch.empty(b1.shape)
    dl_dw2 = torch.empty(w2.shape)
    dl_db2 = torch.empty(b2.shape)
    history = []
    for step in range(nb_steps):
        dl_dw1[...] = 0
        dl_db1[...] = 0
        dl_dw2[...] = 0
        dl_db2[...] = 0
        total, wrong, wrong_test = 0., 0, 0
        for i in range(nb_samples):
            t = train_target[i] * 0.9
            s1, s2, x0, x1, x2 = forward_pass(w1, b1, w2, b2, train_input[i])
            total += loss(x2, t).item()
            wrong += int(torch.argmax(x2) != torch.argmax(t))
            backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        for i in range(nb_test):
            s1, s2, x0, x1, x2 = forward_pass(w1, b1, w2, b2, test_input[i])
            wrong_test += int(torch.argmax(x2) != torch.argmax(test_target[i]))
        history.append((total, wrong / nb_samples, wrong_test / nb_test))
        w1 -= 0.1 / nb_samples * dl_dw1
        b1 -= 0.1 / nb_samples * dl_db1
        w2 -= 0.1 / nb_samples * dl_dw2
        b2 -= 0.1 / nb_samples * dl_db2
    return (w1, b1, w2, b2), history
