import torch
from networks import optimizer, loss
import networks.layers as layers
import dlc_practical_prologue as prologue


def sigma(x):
    return x.tanh()


def dsigma(x):
    return 1 - x.tanh() ** 2


def loss_(v, t):
    return ((t - v) ** 2).sum()


def dloss(v, t):
    return -2 * (t - v)


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    return x, s1, x1, s2, sigma(s2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    g2 = dloss(x2, t) * dsigma(s2)
    g1 = (w2.t() @ g2) * dsigma(s1)
    dl_dw2 += g2[:, None] * x1[None, :]
    dl_db2 += g2
    dl_dw1 += g1[:, None] * x[None, :]
    dl_db1 += g1


train_input, train_target, test_input, test_target = prologue.load_data(
    one_hot_labels=True, normalize=True
)

nb_hidden = 50
eps = 1e-6
train_target = 0.9 * train_target

w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, eps)
b1 = torch.empty(nb_hidden).normal_(0, eps)
w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, eps)
b2 = torch.empty(train_target.size(1)).normal_(0, eps)
dw1, db1, dw2, db2 = (torch.zeros_like(p) for p in (w1, b1, w2, b2))

eta = 0.1 / len(train_input)
for step in range(1000):
    for d in (dw1, db1, dw2, db2):
        d.zero_()
    total, wrong = 0.0, 0
    for n in range(len(train_input)):
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[n])
        total += loss_(x2, train_target[n]).item()
        wrong += int(x2.argmax() != train_target[n].argmax())
        backward_pass(w1, b1, w2, b2, train_target[n], x0, s1, x1, s2, x2, dw1, db1, dw2, db2)
    w1 -= eta * dw1
    b1 -= eta * db1
    w2 -= eta * dw2
    b2 -= eta * db2
    wrong_test = 0
    for n in range(len(test_input)):
        wrong_test += int(forward_pass(w1, b1, w2, b2, test_input[n])[-1].argmax() != test_target[n].argmax())
    print("step {}: train loss {:.2f}, train error {:.1f}%, test error {:.1f}%".format(
        step, total, 100 * wrong / len(train_input), 100 * wrong_test / len(test_input)))
