import torch
import dlc_practical_prologue as prologue

X, Y, X_test, Y_test = prologue.load_data(one_hot_labels=True, normalize=True, flatten=True)
Y = Y * 0.9          # question 4.1

print(X.shape, Y.shape)

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x) ** 2

def loss(v, t):
    return ((v - t) ** 2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1 @ x0 + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dx1 = w2.t() @ dl_ds2
    dl_ds1 = dl_dx1 * dsigma(s1)
    dl_dw1 += torch.outer(dl_ds1, x)
    dl_db1 += dl_ds1
    dl_dw2 += torch.outer(dl_ds2, x1)
    dl_db2 += dl_ds2

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    w1 = torch.empty(nb_hidden, train_input.size(1)).normal_(0, 1e-6)
    b1 = torch.empty(nb_hidden).normal_(0, 1e-6)
    w2 = torch.empty(train_target.size(1), nb_hidden).normal_(0, 1e-6)
    b2 = torch.empty(train_target.size(1)).normal_(0, 1e-6)
    eta = 0.1 / train_input.size(0)
    history = []
    for step in range(nb_steps):
        dl_dw1 = torch.zeros_like(w1)
        dl_db1 = torch.zeros_like(b1)
        dl_dw2 = torch.zeros_like(w2)
        dl_db2 = torch.zeros_like(b2)
        train_loss = 0
        train_errors = 0
        for i in range(train_input.size(0)):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, train_input[i])
            train_loss += loss(x2, Y[i]).item()
            if x2.argmax() != Y[i].argmax():
                train_errors += 1
            backward_pass(w1, b1, w2, b2, Y[i], x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        test_errors = 0
        for i in range(test_input.size(0)):
            x2 = forward_pass(w1, b1, w2, b2, test_input[i])[4]
            if x2.argmax() != test_target[i].argmax():
                test_errors += 1
        history.append((train_loss, train_errors / train_input.size(0), test_errors / test_input.size(0)))
        w1 -= eta * dl_dw1
        b1 -= eta * dl_db1
        w2 -= eta * dl_dw2
        b2 -= eta * dl_db2
    return (w1, b1, w2, b2), history

params, history = train(X, Y, X_test, Y_test)
for h in history[::100]:
    print("loss %.3f train %.2f%% test %.2f%%" % (h[0], 100 * h[1], 100 * h[2]))
