import torch

def activation(x):
    return torch.tanh(x)

def sigma_prime(x):
    return 1 - torch.tanh(x) ** 2

def compute_loss(v, t):
    return ((v - t) ** 2).sum()

def loss_derivative(v, t):
    return 2 * (v - t)

def ForwardPass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = activation(s1)
    s2 = w2 @ x1 + b2
    x2 = activation(s2)
    return x, s1, x1, s2, x2

def backward(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = sigma_prime(s2) * loss_derivative(x2, t)
    g1 = sigma_prime(s1) * (w2.t() @ g2)
    dl_dw2 += torch.outer(g2, x1)
    dl_db2 += g2
    dl_dw1 += torch.outer(g1, x)
    dl_db1 += g1

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    tt, te = train_target * 0.9, test_target * 0.9
    n, d = train_input.shape
    c = tt.shape[1]
    eps = 1e-6
    w1 = torch.empty(nb_hidden, d, dtype=train_input.dtype).normal_(0, eps)
    b1 = torch.empty(nb_hidden, dtype=train_input.dtype).normal_(0, eps)
    w2 = torch.empty(c, nb_hidden, dtype=train_input.dtype).normal_(0, eps)
    b2 = torch.empty(c, dtype=train_input.dtype).normal_(0, eps)
    eta = 0.1 / n
    history = []
    for _ in range(nb_steps):
        gs = [torch.zeros_like(p) for p in (w1, b1, w2, b2)]
        loss, wrong = 0.0, 0
        for x, t in zip(train_input, tt):
            out = ForwardPass(w1, b1, w2, b2, x)
            loss += compute_loss(out[-1], t).item()
            wrong += int(out[-1].argmax() != t.argmax())
            backward(w1, b1, w2, b2, t, *out, *gs)
        bad = sum(int(ForwardPass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax()) for x, t in zip(test_input, te))
        history.append((loss, wrong / n, bad / len(te)))
        w1, b1, w2, b2 = (p - eta * g for p, g in zip((w1, b1, w2, b2), gs))
    return (w1, b1, w2, b2), history

loss = 0
for i in range(3):
    loss += compute_loss(torch.ones(2), torch.zeros(2))
