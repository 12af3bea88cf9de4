import torch
import dlc_practical_prologue as prologue

def sigma(x):
    """Activation function"""
    return torch.tanh(x)


def dsigma(x):
    """Derivative of the activation function"""
    return 1.0 / torch.cosh(x).pow(2)


def loss(v, t):
    """Squared error"""
    diff = v - t
    return diff.dot(diff)


def dloss(v, t):
    return -2 * (t - v)


def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.mv(w1, x) + b1
    x1 = sigma(s1)
    s2 = torch.mv(w2, x1) + b2
    x2 = sigma(s2)
    return (x, s1, x1, s2, x2)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2,
                  dl_dw1, dl_db1, dl_dw2, dl_db2):
    delta2 = dloss(x2, t) * dsigma(s2)
    delta1 = torch.mv(w2.t(), delta2) * dsigma(s1)

    dl_dw2.add_(torch.ger(delta2, x1))
    dl_db2.add_(delta2)
    dl_dw1.add_(torch.ger(delta1, x))
    dl_db1.add_(delta1)
    return dl_dw1, dl_db1, dl_dw2, dl_db2

train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
train_target, test_target = 0.9 * train_target, 0.9 * test_target


def gradient_descent(nb_steps):
    eta = 0.1 / train_input.shape[0]
    w1 = torch.empty(50, 784).normal_(0, 1e-6)
    b1 = torch.empty(50).normal_(0, 1e-6)
    w2 = torch.empty(10, 50).normal_(0, 1e-6)
    b2 = torch.empty(10).normal_(0, 1e-6)
    dl_dw1 = torch.zeros_like(w1)
    dl_db1 = torch.zeros_like(b1)
    dl_dw2 = torch.zeros_like(w2)
    dl_db2 = torch.zeros_like(b2)
    for step in range(nb_steps):
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()
        sum_loss = 0
        wrong = 0
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
            sum_loss += loss(x2, t).item()
            wrong += (x2.argmax() != t.argmax()).item()
            w1.sub_(eta * dl_dw1)
            b1.sub_(eta * dl_db1)
            w2.sub_(eta * dl_dw2)
            b2.sub_(eta * dl_db2)
        wrong_test = 0
        for x, t in zip(test_input, test_target):
            wrong_test += (forward_pass(w1, b1, w2, b2, x)[4].argmax() != t.argmax()).item()
        print('step {:d} loss {:.3f} train error {:.3f} test error {:.3f}'.format(
            step, sum_loss, wrong / train_input.shape[0], wrong_test / test_input.shape[0]))
    return w1, b1, w2, b2


w1, b1, w2, b2 = gradient_descent(1000)
