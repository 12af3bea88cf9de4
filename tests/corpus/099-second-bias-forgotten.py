import torch


def sigma(x):
    return torch.tanh(x)


def dsigma(x):
    return torch.sub(1, torch.tanh(x).pow(2))


def loss(v, t):
    return torch.sum(torch.square(torch.sub(v, t)))


def dloss(v, t):
    return torch.mul(2, torch.sub(v, t))


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.add(torch.mv(w1, x), b1)
    x1 = sigma(s1)
    s2 = torch.add(torch.mv(w2, x1), b2)
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = torch.mul(dloss(x2, t), dsigma(s2))
    dl_ds1 = torch.mul(torch.mv(torch.t(w2), dl_ds2), dsigma(s1))
    torch.add(dl_dw2, torch.outer(dl_ds2, x1), out=dl_dw2)

    torch.add(dl_dw1, torch.outer(dl_ds1, x), out=dl_dw1)
    torch.add(dl_db1, dl_ds1, out=dl_db1)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    nb_train, nb_test = train_input.size(0), test_input.size(0)
    labels, test_labels = train_target.argmax(dim=1), test_target.argmax(dim=1)
    target = torch.mul(train_target, 0.9)
    sizes = (nb_hidden, train_input.size(1)), (nb_hidden,), (target.size(1), nb_hidden), (target.size(1),)
    params = tuple(torch.normal(torch.zeros(size), torch.full(size, 1e-6)) for size in sizes)
    history = torch.zeros(nb_steps, 3)
    for step in range(nb_steps):
        grads = tuple(torch.zeros(size) for size in sizes)
        for n in range(nb_train):
            trace = forward_pass(*params, train_input[n])
            backward_pass(*params, target[n], *trace, *grads)
            history[step, 0] += loss(trace[4], target[n])
            history[step, 1] += torch.ne(trace[4].argmax(), labels[n])
        for n in range(nb_test):
            history[step, 2] += torch.ne(forward_pass(*params, test_input[n])[4].argmax(), test_labels[n])
        history[step, 1] /= nb_train
        history[step, 2] /= nb_test
        for p, g in zip(params, grads):
            p.add_(g, alpha=-0.1 / nb_train)
    return params, history
