# Practical Session 3
import torch
from torch import Tensor
import dlc_practical_prologue as prologue


# 1 - activation function
def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1-torch.tanh(x).pow(2)


# 2 - loss
def loss(v, t):
    return (v - t).pow(2).sum()


def dloss(v, t):
    return 2 * (v - t)


# 3 - forward and backward passes
def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 =  w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_w1, dl_db1, dl_dw2, dl_db2):
    pass


# 4 - training
def nb_errors(w1, b1, w2, b2, input, target):
    errors = 0
    for i in range(input.size(0)):
        _, _, _, _, x2 = forward_pass(w1, b1, w2, b2, input[i])
        if x2.argmax() != target[i].argmax():
            errors += 1
    return errors


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    # zeta, so that the targets are strictly in the range of tanh
    train_target = train_target * 0.9
    nb_train = train_input.size(0)
    eta = 0.1 / nb_train
    eps = 1e-6

    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, eps)
    b1 = torch.empty(nb_hidden).normal_(0, eps)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, eps)
    b2 = torch.empty(train_target.size(1)).normal_(0, eps)

    dl_dw1 = torch.empty(w1.size())
    dl_db1 = torch.empty(b1.size())
    dl_dw2 = torch.empty(w2.size())
    dl_db2 = torch.empty(b2.size())

    history = []
    for step in range(nb_steps):
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()

        train_loss = 0
        train_errors = 0
        for i, x in enumerate(train_input):
            t = train_target[i]
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            if x2.argmax() != t.argmax():
                train_errors += 1
            train_loss += loss(x2, t).item()
            backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)

        test_errors = nb_errors(w1, b1, w2, b2, test_input, test_target)
        history.append((train_loss, train_errors / nb_train, test_errors / test_input.size(0)))

        w1 -= eta * dl_dw1
        b1 -= eta * dl_db1
        w2 -= eta * dl_dw2
        b2 -= eta * dl_db2

    return (w1, b1, w2, b2), history
