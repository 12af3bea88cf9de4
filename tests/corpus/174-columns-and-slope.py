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

# all vectors are columns (n, 1) here
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dx1 = w2.t().mm(dl_ds2)
    dl_ds1 = dl_dx1 * dsigma(x1)
    dl_dw2.add_(dl_ds2.mm(x1.t()))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(dl_ds1.mm(x.t()))
    dl_db1.add_(dl_ds1)

def col(v):
    return v.view(-1, 1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    N = train_input.size(0)
    T = train_target * 0.9
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(T.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(T.size(1)).normal_(0, 1e-6)
    history = []
    for step in range(nb_steps):
        dl_dw1 = torch.zeros(w1.size())
        dl_db1 = torch.zeros(nb_hidden, 1)
        dl_dw2 = torch.zeros(w2.size())
        dl_db2 = torch.zeros(T.size(1), 1)
        train_loss, train_err, test_err = 0, 0, 0
        for n in range(N):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            train_loss += loss(x2, T[n]).item()
            train_err += int(x2.argmax() != T[n].argmax())
            backward_pass(w1, col(b1), w2, col(b2), col(T[n]), col(x0), col(s1), col(x1), col(s2), col(x2),
                          dl_dw1, dl_db1, dl_dw2, dl_db2)
        for n in range(test_input.size(0)):
            x2 = forward_pass(w1, b1, w2, b2, test_input[n])[4]
            test_err += int(x2.argmax() != test_target[n].argmax())
        history.append((train_loss, train_err / N, test_err / test_input.size(0)))
        w1 = w1 - 0.1 / N * dl_dw1
        b1 = b1 - 0.1 / N * dl_db1.view(-1)
        w2 = w2 - 0.1 / N * dl_dw2
        b2 = b2 - 0.1 / N * dl_db2.view(-1)
    return (w1, b1, w2, b2), history
