import torch

# Activation
def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return torch.tanh(x).pow(2).mul(-1).add(1)

# Loss
def loss(v, t):
    return torch.pow(v - t, 2).sum()

def dloss(v, t):
    return (2 * (v - t)).sum()

# Forward / backward
def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = torch.mm(w1, x0.view(-1, 1)).view(-1) + b1
    x1 = sigma(s1)
    s2 = torch.mm(w2, x1.view(-1, 1)).view(-1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2,
                  t,
                  x, s1, x1, s2, x2,
                  dl_dw1, dl_db1, dl_dw2, dl_db2):
    x0 = x
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dx1 = torch.mm(w2.t(), dl_ds2.view(-1, 1)).view(-1)
    dl_ds1 = dl_dx1 * dsigma(s1)

    dl_dw2.add_(torch.mm(dl_ds2.view(-1, 1), x1.view(1, -1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.mm(dl_ds1.view(-1, 1), x0.view(1, -1)))
    dl_db1.add_(dl_ds1)

    return dl_dw1, dl_db1, dl_dw2, dl_db2

# Training
def nb_errors(w1, b1, w2, b2, data, labels):
    errors = 0
    for k in range(data.size(0)):
        _, _, _, _, y = forward_pass(w1, b1, w2, b2, data[k])
        if torch.max(y, 0)[1].item() != torch.max(labels[k], 0)[1].item():
            errors = errors + 1
    return errors

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    nb_train = train_input.size(0)
    nb_test = test_input.size(0)
    zeta = 0.90
    epsilon = 1e-6
    eta = 1e-1 / nb_train

    train_target = train_target * zeta
    test_target = test_target * zeta

    w1 = torch.Tensor(nb_hidden, train_input.size(1)).normal_(0, epsilon)
    b1 = torch.Tensor(nb_hidden).normal_(0, epsilon)
    w2 = torch.Tensor(train_target.size(1), nb_hidden).normal_(0, epsilon)
    b2 = torch.Tensor(train_target.size(1)).normal_(0, epsilon)

    dl_dw1 = torch.Tensor(w1.size())
    dl_db1 = torch.Tensor(b1.size())
    dl_dw2 = torch.Tensor(w2.size())
    dl_db2 = torch.Tensor(b2.size())

    history = []
    for k in range(nb_steps):
        acc_loss = 0
        nb_train_errors = 0
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()

        for n in range(nb_train):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
            pred = x2.max(0)[1].item()
            if train_target[n, pred] < 0.5:
                nb_train_errors = nb_train_errors + 1
            acc_loss = acc_loss + loss(x2, train_target[n])
            backward_pass(w1, b1, w2, b2, train_target[n], x0, s1, x1, s2, x2,
                          dl_dw1, dl_db1, dl_dw2, dl_db2)

        nb_test_errors = nb_errors(w1, b1, w2, b2, test_input, test_target)
        history.append((acc_loss, nb_train_errors / nb_train, nb_test_errors / nb_test))

        w1 = w1 - eta * dl_dw1
        b1 = b1 - eta * dl_db1
        w2 = w2 - eta * dl_dw2
        b2 = b2 - eta * dl_db2
        print('{:d} acc_train_loss {:.02f} acc_train_error {:.02f}% test_error {:.02f}%'
              .format(k, acc_loss, (100 * nb_train_errors) / nb_train, (100 * nb_test_errors) / nb_test))
    return (w1, b1, w2, b2), history
