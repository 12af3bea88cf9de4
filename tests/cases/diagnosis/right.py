import torch

ZETA = 0.9
learning_rate = 0.1


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    y = torch.tanh(x)
    return 1 - y * y


def loss(v, t):
    difference = v - t
    return (difference * difference).sum()


def dloss(v, t):
    difference = v - t
    return 2 * difference


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(
    w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2
):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dw2 += torch.outer(dl_ds2, x1)
    dl_db2 += dl_ds2
    dl_dx1 = w2.t() @ dl_ds2
    dl_ds1 = dl_dx1 * dsigma(s1)
    dl_dw1 += torch.outer(dl_ds1, x)
    dl_db1 += dl_ds1


def errors(parameters, inputs, targets):
    wrong = 0
    for x, t in zip(inputs, targets):
        response = forward_pass(*parameters, x)[-1]
        wrong += int(response.argmax() != t.argmax())
    return wrong / len(inputs)


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    targets = ZETA * train_target
    count = len(train_input)
    eta = learning_rate / count
    w1 = torch.randn(nb_hidden, train_input.shape[1]) * 1e-6
    b1 = torch.randn(nb_hidden) * 1e-6
    w2 = torch.randn(targets.shape[1], nb_hidden) * 1e-6
    b2 = torch.randn(targets.shape[1]) * 1e-6
    history = []
    for step in range(nb_steps):
        g1, h1 = torch.zeros_like(w1), torch.zeros_like(b1)
        g2, h2 = torch.zeros_like(w2), torch.zeros_like(b2)
        total = 0.0
        for n in range(count):
            x, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            total += loss(x2, targets[n]).item()
            backward_pass(w1, b1, w2, b2, targets[n], x, s1, x1, s2, x2, g1, h1, g2, h2)
        now = (w1, b1, w2, b2)
        train_error = errors(now, train_input, targets)
        test_error = errors(now, test_input, test_target)
        history.append((total, train_error, test_error))
        w1 = w1 - eta * g1
        b1 = b1 - eta * h1
        w2 = w2 - eta * g2
        b2 = b2 - eta * h2
    return (w1, b1, w2, b2), history
