import torch

torch.set_grad_enabled(False)
torch.manual_seed(1234)
torch.set_printoptions(precision=3)


@torch.no_grad()
def sigma(x):
    return torch.relu(x)


@torch.no_grad()
def dsigma(x):
    return (x > 0).to(x.dtype)


@torch.no_grad()
def loss(v, t):
    return ((v - t) ** 2).sum(-1)


@torch.no_grad()
def dloss(v, t):
    return 2 * (v - t)


@torch.no_grad()
def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mv(x).add_(b1)
    x1 = sigma(s1)
    s2 = w2.mv(x1).add_(b2)
    return x, s1, s2, x1, sigma(s2)


@torch.no_grad()
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g = dloss(x2, t).mul_(dsigma(s2))
    dl_db2 += g
    dl_dw2 += g.unsqueeze(1).mul(x1)
    g = w2.t().mv(g).mul_(dsigma(s1))
    dl_db1 += g
    dl_dw1 += g.unsqueeze(1).mul(x)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    with torch.no_grad():
        n = train_input.size(0)
        t9 = train_target.clone().mul_(0.9)
        w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
        b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
        w2 = torch.empty(t9.size(1), nb_hidden).normal_(0, 1e-6)
        b2 = torch.empty(t9.size(1)).normal_(0, 1e-6)
        history = []
        for _ in range(nb_steps):
            gw1, gb1 = w1.new_zeros(w1.shape), b1.new_zeros(b1.shape)
            gw2, gb2 = w2.new_zeros(w2.shape), b2.new_zeros(b2.shape)
            train_loss = torch.zeros(())
            outputs = torch.empty(n, t9.size(1))
            for k in range(n):
                x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[k])
                backward_pass(w1, b1, w2, b2, t9[k], x0, s1, x1, s2, x2, gw1, gb1, gw2, gb2)
                train_loss += loss(x2, t9[k])
                outputs[k] = x2
            test_outputs = torch.stack([forward_pass(w1, b1, w2, b2, x)[4] for x in test_input])
            history.append((
                train_loss,
                (outputs.argmax(1) != t9.argmax(1)).float().mean(),
                (test_outputs.argmax(1) != test_target.argmax(1)).float().mean(),
            ))
            w1.sub_(gw1.mul_(0.1 / n))
            b1.sub_(gb1.mul_(0.1 / n))
            w2.sub_(gw2.mul_(0.1 / n))
            b2.sub_(gb2.mul_(0.1 / n))
        return (w1, b1, w2, b2), history
