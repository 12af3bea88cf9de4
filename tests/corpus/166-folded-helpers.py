import torch

def col(a):
    return a.view(a.numel(), 1)

def flat(a):
    return a.view(a.numel())

def sigma(x):
    return torch.tanh(x)







def forward_pass(w1, b1, w2, b2, x):
    s1 = w1.mm(col(x)) + col(b1)
    x1 = sigma(s1)
    s2 = w2.mm(x1) + col(b2)
    x2 = sigma(s2)
    return flat(x), flat(s1), flat(x1), flat(s2), flat(x2)

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):

    d2 = 2 * (x2 - t) * (1 - torch.tanh(s2).pow(2))
    d1 = w2.t().mm(col(d2)).view(-1) * (1 - torch.tanh(s1).pow(2))
    dl_dw2.add_(col(d2).mm(x1.view(1, -1)))
    dl_db2.add_(d2)
    dl_dw1.add_(col(d1).mm(x.view(1, -1)))
    dl_db1.add_(d1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    eta = 0.1 / train_input.size(0)
    train_target = train_target * 0.9

    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(train_target.size(1)).normal_(0, 1e-6)
    dl_dw1, dl_db1 = torch.zeros(w1.size()), torch.zeros(b1.size())
    dl_dw2, dl_db2 = torch.zeros(w2.size()), torch.zeros(b2.size())

    history = []
    for e in range(nb_steps):
        dl_dw1.zero_(); dl_db1.zero_(); dl_dw2.zero_(); dl_db2.zero_()
        sum_loss = 0
        train_wrong = 0
        test_wrong = 0
        for i in range(train_input.size(0)):
            x, t = train_input[i], train_target[i]
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            sum_loss += (x2 - t).pow(2).sum().item()
            if x2.argmax().item() != t.argmax().item():
                train_wrong += 1
            backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        for i in range(test_input.size(0)):
            _, _, _, _, y = forward_pass(w1, b1, w2, b2, test_input[i])
            if y.argmax().item() != test_target[i].argmax().item():
                test_wrong += 1
        history.append((sum_loss, train_wrong / train_input.size(0), test_wrong / test_input.size(0)))
        w1 -= eta * dl_dw1
        b1 -= eta * dl_db1
        w2 -= eta * dl_dw2
        b2 -= eta * dl_db2
    return (w1, b1, w2, b2), history
