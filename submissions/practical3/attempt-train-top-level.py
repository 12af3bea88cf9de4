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
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2,
                  t,
                  x, s1, x1, s2, x2,
                  dl_dw1, dl_db1, dl_dw2, dl_db2):
    x0 = x
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1

    dl_dw2.add_(dl_ds2.view(-1, 1).mm(x1.view(1, -1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(dl_ds1.view(-1, 1).mm(x0.view(1, -1)))
    dl_db1.add_(dl_ds1)

    return dl_dw1, dl_db1, dl_dw2, dl_db2


# 4 - training
train_input, train_target, test_input, test_target = prologue.load_data(
     one_hot_labels=False, normalize=True, flatten=True
)

train_target = train_target * 0.9
test_target = test_target * 0.9


import math

w1 = torch.empty(50, 784).normal_(0, math.exp(-6))
b1 = torch.empty(50).normal_(0, math.exp(-6))
w2 = torch.empty(10, 50).normal_(0, math.exp(-6))
b2 = torch.empty(10).normal_(0, math.exp(-6))


dl_w1 = torch.full((1,), 0)


eta = 0.1

i = 0 

dl_dw1 = torch.empty(w1.size())
dl_db1 = torch.empty(b1.size())
dl_dw2 = torch.empty(w2.size())
dl_db2 = torch.empty(b2.size())

for i, row in enumerate(train_input):
    dl_dw1.zero_()
    dl_db1.zero_()
    dl_dw2.zero_()
    dl_db2.zero_()


    x = row
    t = train_target[i]
    
    x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
    
    dl_w1, dl_db1, dl_dw2, dl_db2 = backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_w1, dl_db1, dl_dw2, dl_db2)
    w1.substract(eta * dl_dw1)
    b1.substract(eta * dl_db1)
    w2.substract(eta * dl_dw2)
    b2.substract(eta * dl_db2)
    

    i += 1
