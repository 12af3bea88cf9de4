"""Practical session 3, one sample at a time."""
import torch

ZETA = 0.9
EPS = 1e-6


def sigma(x):
    return x.tanh()


def dsigma(x):
    th = x.tanh()
    return 1 - th * th


def loss(v, t):
    d = v - t
    return (d * d).sum()


def dloss(v, t):
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    return x, s1, x1, s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # output layer
    delta2 = dloss(x2, t) * dsigma(s2)
    dl_dw2 += delta2[:, None] * x1[None, :]
    dl_db2 += delta2

    # hidden layer
    delta1 = w2.t().mv(delta2) * dsigma(s1)
    dl_dw1 += delta1[:, None] * x[None, :]
    dl_db1 += delta1


def predict(params, x):
    """class of maximum response"""
    return forward_pass(*params, x)[-1].argmax().item()


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n = len(train_input)
    eta = 0.1 / n
    train_target = ZETA * train_target
    test_target = ZETA * test_target

    shapes = [(nb_hidden, train_input.shape[1]), (nb_hidden,), (train_target.shape[1], nb_hidden), (train_target.shape[1],)]
    params = [torch.randn(shape) * EPS for shape in shapes]
    grads = [torch.zeros(shape) for shape in shapes]

    history = []
    for _ in range(nb_steps):
        for g in grads:
            g.zero_()

        total, wrong = 0.0, 0
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(*params, x)
            total += loss(x2, t).item()
            wrong += int(x2.argmax() != t.argmax())
            backward_pass(*params, t, x, s1, x1, s2, x2, *grads)

        test_wrong = sum(predict(params, x) != t.argmax().item() for x, t in zip(test_input, test_target))
        history.append((total, wrong / n, test_wrong / len(test_input)))

        for p, g in zip(params, grads):
            p.sub_(eta * g)

    return tuple(params), history


if __name__ == "__main__":
    import dlc_practical_prologue as prologue

    data = prologue.load_data(one_hot_labels=True, normalize=True, flatten=True)
    _, history = train(*data)
    for k, (l, train_err, test_err) in enumerate(history):
        print("{:d} acc_train_loss {:.02f} acc_train_error {:.02f}% test_error {:.02f}%".format(k, l, 100 * train_err, 100 * test_err))
