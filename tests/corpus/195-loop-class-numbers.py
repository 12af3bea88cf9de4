import torch
import dlc_practical_prologue as prologue

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x)**2

def loss(v, t):
    return torch.sum((v - t)**2)

def dloss(v, t):
    return 2*(v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dx2 = dloss(x2, t)
    ds2 = dx2 * dsigma(s2)
    dx1 = w2.T @ ds2
    ds1 = dx1 * dsigma(s1)
    dl_dw2 += torch.outer(ds2, x1)
    dl_db2 += ds2
    dl_dw1 += torch.outer(ds1, x)
    dl_db1 += ds1

train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=False, normalize=True, flatten=True)
zeta = 0.9
train_labels, test_labels = train_target, test_target
train_target = train_target * zeta
test_target = test_target * zeta

nb_steps = 1000
N = train_input.size(0)
eta = 0.1 / N
epsilon = 1e-6

w1 = torch.empty(50, 784).normal_(0, epsilon)
b1 = torch.empty(50).normal_(0, epsilon)
w2 = torch.empty(10, 50).normal_(0, epsilon)
b2 = torch.empty(10).normal_(0, epsilon)
dl_dw1 = torch.empty(w1.size())
dl_db1 = torch.empty(b1.size())
dl_dw2 = torch.empty(w2.size())
dl_db2 = torch.empty(b2.size())

for step in range(nb_steps):
    dl_dw1.zero_()
    dl_db1.zero_()
    dl_dw2.zero_()
    dl_db2.zero_()
    train_loss, train_err, test_err = 0, 0, 0
    for i in range(N):
        x = train_input[i]
        t = train_target[i]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
        backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        train_loss += loss(x2, t).item()
        if x2.argmax() != train_labels[i]:
            train_err += 1
    for i in range(test_input.size(0)):
        x2 = forward_pass(w1, b1, w2, b2, test_input[i])[-1]
        if x2.argmax() != test_labels[i]:
            test_err += 1
    w1 -= eta * dl_dw1
    b1 -= eta * dl_db1
    w2 -= eta * dl_dw2
    b2 -= eta * dl_db2
    print(step, "loss:", train_loss, "train error:", train_err / N, "test error:", test_err / test_input.size(0))
