import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return torch.cosh(x) ** -2

def loss(v, t):
    return torch.dot(v - t, v - t)

def dloss(v, t):
    return (v - t) * 2

def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    return x, s1, x1, s2, sigma(s2)

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    d2 = dloss(x2, t) * dsigma(s2)
    d1 = d2 @ w2 * dsigma(s1)
    dl_dw2.addr_(d2, x1); dl_db2.add_(d2)
    dl_dw1.addr_(d1, x); dl_db1.add_(d1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    # batched: a sample is a row
    N, D = train_input.shape
    C = train_target.shape[1]
    eta = 0.1 / N
    X, Y = train_input, 0.9 * train_target
    w1, b1, w2, b2 = (1e-6 * torch.randn(s) for s in ((nb_hidden, D), (nb_hidden,), (C, nb_hidden), (C,)))

    def net(Z):
        H = torch.tanh(Z @ w1.T + b1)
        return H, torch.tanh(H @ w2.T + b2)

    def nb_errors(out, target):
        return (out.argmax(1) != target.argmax(1)).sum().item()

    history = []
    for _ in range(nb_steps):
        H, O = net(X)
        history.append(((O - Y).square().sum().item(), nb_errors(O, train_target) / N,
                        nb_errors(net(test_input)[1], test_target) / N))
        d2 = 2 * (O - Y) * (1 - O * O)
        d1 = d2 @ w2 * (1 - H * H)
        w2 -= eta * d2.T @ H
        b2 -= eta * d2.sum(0)
        w1 -= eta * d1.T @ X
        b1 -= eta * d1.sum(0)
    return (w1, b1, w2, b2), history
