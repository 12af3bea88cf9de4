# tanh(x) = 2 logistic(2x) - 1
import torch

def sigma(x):
    return 2 * torch.sigmoid(2 * x) - 1

def dsigma(x):
    p = torch.sigmoid(2 * x)
    return 4 * p * (1 - p)

def loss(v, t):
    return torch.dist(v, t).pow(2)

def dloss(v, t):
    return (v - t).mul(2)

def forward_pass(w1, b1, w2, b2, x):
    s1 = torch.addmv(b1, w1, x)
    x1 = sigma(s1)
    s2 = torch.addmv(b2, w2, x1)
    x2 = sigma(s2)
    return [x, s1, x1, s2, x2]

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * (1 - x2 ** 2)       # sigma' from the activation
    dl_ds1 = w2.t().matmul(dl_ds2) * (1 - x1 ** 2)
    dl_dw2.addr_(dl_ds2, x1)
    dl_dw1.addr_(dl_ds1, x)
    dl_db2 += dl_ds2
    dl_db1 += dl_ds1

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    torch.manual_seed(0)
    n_in, n_out = train_input.shape[1], train_target.shape[1]
    y = train_target * 0.9
    P = {'w1': torch.randn(nb_hidden, n_in), 'b1': torch.randn(nb_hidden),
         'w2': torch.randn(n_out, nb_hidden), 'b2': torch.randn(n_out)}
    for k in P:
        P[k] *= 1e-6
    history = []
    for epoch in range(nb_steps):
        G = {k: torch.zeros_like(v) for k, v in P.items()}
        run_loss, run_err = 0.0, 0
        for i in range(train_input.shape[0]):
            f = forward_pass(P['w1'], P['b1'], P['w2'], P['b2'], train_input[i])
            backward_pass(P['w1'], P['b1'], P['w2'], P['b2'], y[i], *f, G['w1'], G['b1'], G['w2'], G['b2'])
            run_loss += loss(f[-1], y[i]).item()
            run_err += 1 if f[-1].argmax() != y[i].argmax() else 0
        test_err = 0
        for i in range(test_input.shape[0]):
            f = forward_pass(P['w1'], P['b1'], P['w2'], P['b2'], test_input[i])
            test_err += 1 if f[-1].argmax() != test_target[i].argmax() else 0
        history.append((run_loss, run_err / train_input.shape[0], test_err / test_input.shape[0]))
        for k in P:
            P[k] -= 0.1 / train_input.shape[0] * G[k]
    return (P['w1'], P['b1'], P['w2'], P['b2']), history
