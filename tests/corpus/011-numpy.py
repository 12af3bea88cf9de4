import numpy as np
import torch


def to_np(*tensors):
    return [a.detach().numpy() for a in tensors]


def sigma(x):
    return torch.from_numpy(np.asarray(np.tanh(x.numpy())))


def dsigma(x):
    return torch.from_numpy(np.asarray(1 - np.tanh(x.numpy()) ** 2))


def loss(v, t):
    v, t = to_np(v, t)
    return torch.tensor(np.square(v - t).sum(), dtype=torch.from_numpy(v).dtype)


def dloss(v, t):
    v, t = to_np(v, t)
    return torch.from_numpy(2 * (v - t))


def forward_pass(w1, b1, w2, b2, x):
    W1, B1, W2, B2, X = to_np(w1, b1, w2, b2, x)
    s1 = W1.dot(X) + B1
    x1 = np.tanh(s1)
    s2 = W2.dot(x1) + B2
    x2 = np.tanh(s2)
    return (x,) + tuple(torch.from_numpy(a) for a in (s1, x1, s2, x2))


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    W2, T, X, S1, X1, S2, X2 = to_np(w2, t, x, s1, x1, s2, x2)
    d2 = 2 * (X2 - T) * (1 - np.tanh(S2) ** 2)
    d1 = W2.T.dot(d2) * (1 - np.tanh(S1) ** 2)
    dl_dw2 += torch.from_numpy(np.outer(d2, X1))
    dl_db2 += torch.from_numpy(d2)
    dl_dw1 += torch.from_numpy(np.outer(d1, X))
    dl_db1 += torch.from_numpy(d1)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    X, Y = train_input, train_target * 0.9
    N, D = X.shape
    C = Y.shape[1]
    draw = lambda *shape: torch.from_numpy(np.random.normal(0, 1e-6, shape).astype(np.float32))
    w1, b1, w2, b2 = draw(nb_hidden, D), draw(nb_hidden), draw(C, nb_hidden), draw(C)
    history = []
    for _ in range(nb_steps):
        gw1, gb1, gw2, gb2 = (torch.zeros_like(p) for p in (w1, b1, w2, b2))
        losses, misses = [], []
        for x, t in zip(X, Y):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            losses.append(loss(x2, t).item())
            misses.append(np.argmax(x2.numpy()) != np.argmax(t.numpy()))
            backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, gw1, gb1, gw2, gb2)
        test = [np.argmax(forward_pass(w1, b1, w2, b2, x)[4].numpy()) != np.argmax(t.numpy())
                for x, t in zip(test_input, test_target)]
        history.append((float(np.sum(losses)), float(np.mean(misses)), float(np.mean(test))))
        w1 = w1 - 0.1 / N * gw1
        b1 = b1 - 0.1 / N * gb1
        w2 = w2 - 0.1 / N * gw2
        b2 = b2 - 0.1 / N * gb2
    return (w1, b1, w2, b2), history
