"""dsigma takes the activation, and is handed the activation: together they are right."""
import torch


def sigma(x):
    return torch.tanh(x)


def dtanh_from_output(y):
    return 1 - y * y


def dsigma(x):
    return dtanh_from_output(sigma(x))


def loss(v, t):
    return (t - v).pow(2).sum()      # the same as (v - t)^2


def residual(v, t):
    return t - v


def dloss(v, t):
    return -2 * residual(v, t)


def forward_pass(w1, b1, w2, b2, x):
    hidden_state = (x @ w1.t()) + b1
    hidden = sigma(hidden_state)
    output_state = (hidden @ w2.t()) + b2
    return x, hidden_state, hidden, output_state, sigma(output_state)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # minus the gradient all along, and subtracted in the end
    d2 = 2 * residual(x2, t) * dtanh_from_output(x2)
    d1 = (d2 @ w2) * dtanh_from_output(x1)
    dl_dw2.sub_(d2.outer(x1))
    dl_db2.sub_(d2)
    dl_dw1.sub_(d1.outer(x))
    dl_db1.sub_(d1)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    N = train_input.size(0)
    target = train_target * 0.9
    W = {}
    W[1] = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    W[2] = torch.empty(target.size(1), nb_hidden).normal_(0, 1e-6)
    B = {}
    B[1] = torch.empty(nb_hidden).normal_(0, 1e-6)
    B[2] = torch.empty(target.size(1)).normal_(0, 1e-6)
    history = []
    for _ in range(nb_steps):
        dW = {k: torch.zeros_like(w) for k, w in W.items()}
        dB = {k: torch.zeros_like(b) for k, b in B.items()}
        costs, hits, test_hits = [], [], []
        for x, t in zip(train_input, target):
            *trace, y = forward_pass(W[1], B[1], W[2], B[2], x)
            costs.append(loss(y, t))
            hits.append(y.argmax() == t.argmax())
            backward_pass(W[1], B[1], W[2], B[2], t, *trace, y, dW[1], dB[1], dW[2], dB[2])
        for x, t in zip(test_input, test_target):
            *_, y = forward_pass(W[1], B[1], W[2], B[2], x)
            test_hits.append(y.argmax() == t.argmax())
        history.append((sum(costs).item(), 1 - sum(hits).item() / N, 1 - sum(test_hits).item() / len(test_hits)))
        for k in (1, 2):
            W[k] += 0.1 * (-dW[k] / N)
            B[k] += 0.1 * (-dB[k] / N)
    return (W[1], B[1], W[2], B[2]), history
