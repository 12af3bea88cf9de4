import torch

torch.set_grad_enabled(False)
torch.manual_seed(1234)
torch.set_printoptions(precision=3)


@torch.no_grad()
def sigma(x):
    return torch.tanh(x)


@torch.no_grad()
def dsigma(x):
    s = torch.tanh(x)
    return torch.addcmul(torch.ones_like(s), s, s, value=-1)


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
    return x, s1, x1, s2, sigma(s2)


@torch.no_grad()
def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g = dloss(x2, t).mul_(dsigma(s2))
    dl_db2 += g
    dl_dw2 += g.unsqueeze(1).mul(x1)
    g = w2.t().mv(g).mul_(dsigma(s1))
    dl_db1 += g
    dl_dw1 += g.unsqueeze(1).mul(x)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    n = train_input.size(0)
    t9 = 0.9 * train_target
    with torch.enable_grad():
        model = torch.nn.Sequential(torch.nn.Linear(train_input.size(1), nb_hidden), torch.nn.Tanh(),
                                    torch.nn.Linear(nb_hidden, t9.size(1)), torch.nn.Tanh())
        for p in model.parameters():
            torch.nn.init.normal_(p, std=1e-6)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1 / n)
        history = []
        for _ in range(nb_steps):
            out = model(train_input)
            cost = (out - t9).pow(2).sum()
            history.append((cost.item(), (out.argmax(1) != t9.argmax(1)).float().mean().item(),
                            (model(test_input).argmax(1) != test_target.argmax(1)).float().mean().item()))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
    return tuple(p.detach() for p in model.parameters()), history
