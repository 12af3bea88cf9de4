import torch


def sigma(x):
    # tanh from exponentials of negative numbers only, so nothing can overflow
    e = torch.expm1(-2 * x.abs())
    return -x.sign() * e / (e + 2)


def dsigma(x):
    a = torch.exp(-2 * torch.abs(x))
    return 4 * a / (1 + a) ** 2


def loss(v, t):
    return torch.norm(v - t)


def dloss(v, t):
    return torch.add(v, t, alpha=-1) * 2


def forward_pass(w1, b1, w2, b2, x):
    x0 = x.clone()
    s1 = torch.tensordot(w1, x0, dims=1) + b1
    x1 = sigma(s1)
    s2 = torch.tensordot(w2, x1, dims=1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2.mul(dsigma(s2))
    dl_dx1 = torch.tensordot(dl_ds2, w2, dims=1)
    dl_ds1 = dl_dx1.mul(dsigma(s1))
    dl_db1.copy_(dl_db1 + dl_ds1)
    dl_db2.copy_(dl_db2 + dl_ds2)
    dl_dw1.copy_(dl_dw1 + torch.tensordot(dl_ds1, x, dims=0))
    dl_dw2.copy_(dl_dw2 + torch.tensordot(dl_ds2, x1, dims=0))


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    goal = train_target * 0.9
    n = train_input.size(0)
    w1 = 1e-6 * torch.randn(nb_hidden, train_input.size(1))
    b1 = 1e-6 * torch.randn(nb_hidden)
    w2 = 1e-6 * torch.randn(goal.size(1), nb_hidden)
    b2 = 1e-6 * torch.randn(goal.size(1))

    def classify(inputs):
        return torch.tensor([forward_pass(w1, b1, w2, b2, x)[4].argmax() for x in inputs])

    history = []
    for _ in range(nb_steps):
        sums = torch.zeros_like(w1), torch.zeros_like(b1), torch.zeros_like(w2), torch.zeros_like(b2)
        total = 0.0
        for i in torch.randperm(n):
            trace = forward_pass(w1, b1, w2, b2, train_input[i])
            backward_pass(w1, b1, w2, b2, goal[i], *trace, *sums)
            total += loss(trace[4], goal[i]).item()
        train_error = (classify(train_input) != goal.argmax(1)).sum().item() / n
        test_error = (classify(test_input) != test_target.argmax(1)).sum().item() / len(test_input)
        history.append((total, train_error, test_error))
        w1.sub_(sums[0] * 0.1 / n)
        b1.sub_(sums[1] * 0.1 / n)
        w2.sub_(sums[2] * 0.1 / n)
        b2.sub_(sums[3] * 0.1 / n)
    return (w1, b1, w2, b2), history
