import torch
import dlc_practical_prologue as prologue

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - sigma(x).pow(2)

def loss(v,t):
    return torch.pow(t-v, 2).sum()

def dloss(v,t):
    return 2*v - 2*t

def forward_pass(w1,b1,w2,b2,x):
    x0 = x
    s1 = w1.matmul(x0) + b1
    x1 = sigma(s1)
    s2 = w2.matmul(x1) + b2
    x2 = sigma(s2)
    return x0,s1,x1,s2,x2

def backward_pass(w1,b1,w2,b2,t,x,s1,x1,s2,x2,dl_dw1,dl_db1,dl_dw2,dl_db2):
    # output layer
    dl_dx2 = dloss(x2,t)
    dl_ds2 = dl_dx2*dsigma(s2)
    dl_dw2 += dl_ds2.unsqueeze(1) * x1.unsqueeze(0)
    dl_db2 += dl_ds2
    # hidden layer
    dl_dx1 = w2.t().matmul(dl_ds2)
    dl_ds1 = dl_dx1*dsigma(s1)
    dl_dw1 += dl_ds1.unsqueeze(1) * x.unsqueeze(0)
    dl_db1 += dl_ds1

train_input,train_target,test_input,test_target = prologue.load_data(one_hot_labels=True,normalize=True)
train_target = train_target*0.9
test_target = test_target*0.9

eps = 1e-6
eta = 0.1/train_input.size(0)

w1 = torch.empty(50,784).normal_(0,eps)
b1 = torch.empty(50).normal_(0,eps)
w2 = torch.empty(10,50).normal_(0,eps)
b2 = torch.empty(10).normal_(0,eps)
dl_dw1 = torch.zeros(w1.size())
dl_db1 = torch.zeros(b1.size())
dl_dw2 = torch.zeros(w2.size())
dl_db2 = torch.zeros(b2.size())

train_loss = 0
train_error = 0
for i in range(train_input.size(0)):
    x0,s1,x1,s2,x2 = forward_pass(w1,b1,w2,b2,train_input[i])
    backward_pass(w1,b1,w2,b2,train_target[i],x0,s1,x1,s2,x2,dl_dw1,dl_db1,dl_dw2,dl_db2)
    train_loss += loss(x2,train_target[i]).item()
    if x2.argmax() != train_target[i].argmax():
        train_error += 1

w1 -= eta*dl_dw1
b1 -= eta*dl_db1
w2 -= eta*dl_dw2
b2 -= eta*dl_db2

test_error = 0
for i in range(test_input.size(0)):
    x2 = forward_pass(w1,b1,w2,b2,test_input[i])[-1]
    if x2.argmax() != test_target[i].argmax():
        test_error += 1

print('train loss {:.3f}, train error {:.3f}, test error {:.3f}'.format(train_loss, train_error/train_input.size(0), test_error/test_input.size(0)))
