import torch
import numpy as np

def sigma(x):
    return torch.tanh(x)

def dsigma(x):
    return 1 - torch.tanh(x).pow(2)

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dl_dx2 * dsigma(s2)
    dl_dx1 = torch.mv(w2.t(), dl_ds2)
    dl_ds1 = dl_dx1 * dsigma(s1)
    dl_dw2.add_(torch.outer(dl_ds2, x1))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.outer(dl_ds1, x))
    dl_db1.add_(dl_ds1)

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    rng = np.random.RandomState(0)
    def gaussian(*size):
        return torch.from_numpy(rng.normal(0, 1e-6, size)).float()

    w1, b1 = gaussian(nb_hidden, train_input.shape[1]), gaussian(nb_hidden)
    w2, b2 = gaussian(train_target.shape[1], nb_hidden), gaussian(train_target.shape[1])
    train_target = train_target * 0.9
    nb_samples = train_input.shape[0]
    learning_rate = 0.1 / nb_samples
    history = []
    for step in range(nb_steps):
        dl_dw1, dl_db1 = torch.zeros_like(w1), torch.zeros_like(b1)
        dl_dw2, dl_db2 = torch.zeros_like(w2), torch.zeros_like(b2)
        loss_sum, error_count = 0, 0
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            loss_sum += loss(x2, t).item()
            if x2.argmax().item() != t.argmax().item():
                error_count += 1
            backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2)
        test_count = 0
        for x, t in zip(test_input, test_target):
            if forward_pass(w1, b1, w2, b2, x)[4].argmax().item() != t.argmax().item():
                test_count += 1
        history.append((loss_sum, error_count / nb_samples, test_count / test_input.shape[0]))

        # gradient averaged over the samples
        dl_dw1 /= nb_samples
        dl_db1 /= nb_samples
        dl_dw2 /= nb_samples
        dl_db2 /= nb_samples
        w1 += learning_rate * dl_dw1
        b1 += learning_rate * dl_db1
        w2 += learning_rate * dl_dw2
        b2 += learning_rate * dl_db2
    return (w1, b1, w2, b2), history
