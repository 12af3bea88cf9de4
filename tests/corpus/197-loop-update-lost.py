import torch
import dlc_practical_prologue as prologue

# fonction d'activation
def sigma(x):
    return torch.tanh(x)

# dérivée de tanh : 1 - tanh^2
def dsigma(x):
    y = sigma(x)
    return 1 - y*y

def loss(v, t):
    return torch.norm(v - t).pow(2)

def dloss(v, t):
    return 2*(v-t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = torch.matmul(w1, x0) + b1
    x1 = sigma(s1)
    s2 = torch.matmul(w2, x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # on remonte de la sortie vers l'entrée
    dl_dx2 = dloss(x2, t)
    dl_ds2 = torch.mul(dl_dx2, dsigma(s2))
    dl_dx1 = torch.matmul(w2.t(), dl_ds2)
    dl_ds1 = torch.mul(dl_dx1, dsigma(s1))

    dl_dw2.add_(torch.matmul(dl_ds2.view(-1,1), x1.view(1,-1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.matmul(dl_ds1.view(-1,1), x.view(1,-1)))
    dl_db1.add_(dl_ds1)

train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
train_target = 0.9 * train_target
test_target = 0.9 * test_target

eta = 0.1 / train_input.size(0)

w1 = torch.empty(50, 784).normal_(0, 1e-6)
b1 = torch.empty(50).normal_(0, 1e-6)
w2 = torch.empty(10, 50).normal_(0, 1e-6)
b2 = torch.empty(10).normal_(0, 1e-6)

dl_dw1 = torch.empty(w1.size())
dl_db1 = torch.empty(b1.size())
dl_dw2 = torch.empty(w2.size())
dl_db2 = torch.empty(b2.size())

for step in range(1000):
    dl_dw1.zero_()
    dl_db1.zero_()
    dl_dw2.zero_()
    dl_db2.zero_()
    train_loss = 0
    nb_train_errors = 0
    nb_test_errors = 0

    for i, x in enumerate(train_input):
        t = train_target[i]
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
        backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        train_loss += loss(x2, t).item()
        if x2.argmax() != t.argmax():
            nb_train_errors += 1

    w1.sub(eta * dl_dw1)
    b1.sub(eta * dl_db1)
    w2.sub(eta * dl_dw2)
    b2.sub(eta * dl_db2)

    for i, x in enumerate(test_input):
        x2 = forward_pass(w1, b1, w2, b2, x)[4]
        if x2.argmax() != test_target[i].argmax():
            nb_test_errors += 1

    print('Step', step, ': train loss', train_loss, ', train error', nb_train_errors / len(train_input),
          ', test error', nb_test_errors / len(test_input))
