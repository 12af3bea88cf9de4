import torch

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x).pow(2)

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x.clone()
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * dsigma(s2)
    dl_ds1 = (w2.t() @ dl_ds2) * dsigma(s1)
    dl_dw1 += dl_ds1.view(-1, 1) @ x.view(1, -1)
    dl_db1 += dl_ds1
    dl_dw2 += dl_ds2.view(-1, 1) @ x1.view(1, -1)
    dl_db2 += dl_ds2

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    # targets are class numbers
    train_classes = [int(row.nonzero()) for row in train_target]
    test_classes = [int(row.nonzero()) for row in test_target]
    zeta, eta, epsilon = 0.9, 0.1 / len(train_input), 1e-6
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, epsilon)
    b1 = torch.empty(nb_hidden).normal_(0, epsilon)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, epsilon)
    b2 = torch.empty(train_target.size(1)).normal_(0, epsilon)
    history = []
    for step in range(1000):
        dl_dw1 = torch.zeros_like(w1); dl_db1 = torch.zeros_like(b1)
        dl_dw2 = torch.zeros_like(w2); dl_db2 = torch.zeros_like(b2)
        train_loss = train_error = test_error = 0
        for x, c in zip(train_input, train_classes):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            train_loss += loss(x2, zeta * c).item()
            train_error += int(x2.argmax().item() != c)
            backward_pass(w1, b1, w2, b2, zeta * c, x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        for x, c in zip(test_input, test_classes):
            test_error += int(forward_pass(w1, b1, w2, b2, x)[4].argmax().item() != c)
        history.append((train_loss, train_error / len(train_input), test_error / len(test_input)))
        for p, g in ((w1, dl_dw1), (b1, dl_db1), (w2, dl_dw2), (b2, dl_db2)):
            p.sub_(eta * g)
    return (w1, b1, w2, b2), history
