import torch

# ---------- first version ----------

def sigma(x):
    return torch.sigmoid(x)

def dsigma(x):
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))

def loss(v, t):
    return (v - t).sum().pow(2)

def dloss(v, t):
    return (2 * (v - t)).sum()

def forward_pass(w1, b1, w2, b2, x):
    return sigma(w2 @ sigma(w1 @ x + b1) + b2)

def backward_pass(*args):
    raise NotImplementedError

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    ...

# ---------- second version: tanh, not the logistic function ----------

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x)

def loss(v, t):
    return (v - t).pow(2).mean()

# ---------- third version ----------

def dsigma(x):
    return 1 - torch.tanh(x) ** 2

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * dsigma(s2)
    dl_dw2 = dl_dw2 + dl_ds2.view(-1, 1) @ x1.view(1, -1)
    dl_db2 = dl_db2 + dl_ds2
    dl_ds1 = w2.t() @ dl_ds2 * dsigma(s1)
    dl_dw1 = dl_dw1 + dl_ds1.view(-1, 1) @ x.view(1, -1)
    dl_db1 = dl_db1 + dl_ds1
    return dl_dw1, dl_db1, dl_dw2, dl_db2

def error(params, X, Y):
    return sum(forward_pass(*params, x)[4].argmax() != y.argmax() for x, y in zip(X, Y)).item() / len(X)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    eta = 0.1 / len(train_input)
    zeta_target = 0.9 * train_target
    w1 = torch.empty(nb_hidden, train_input.shape[1]).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(train_target.shape[1], nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(train_target.shape[1]).normal_(0, 1e-6)
    history = []
    for _ in range(nb_steps):
        dl_dw1, dl_db1 = torch.zeros_like(w1), torch.zeros_like(b1)
        dl_dw2, dl_db2 = torch.zeros_like(w2), torch.zeros_like(b2)
        train_loss = 0.0
        for x, t in zip(train_input, zeta_target):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            dl_dw1, dl_db1, dl_dw2, dl_db2 = backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2,
                                                           dl_dw1, dl_db1, dl_dw2, dl_db2)
            train_loss += loss(x2, t).item()
        params = (w1, b1, w2, b2)
        history.append((train_loss, error(params, train_input, zeta_target), error(params, test_input, test_target)))
        w1.sub_(eta * dl_dw1); b1.sub_(eta * dl_db1)
        w2.sub_(eta * dl_dw2); b2.sub_(eta * dl_db2)
    return (w1, b1, w2, b2), history
