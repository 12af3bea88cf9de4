import torch
from tqdm import tqdm, trange

DEBUG = True


def log(*args):
    if DEBUG:
        print('[debug]', *args)


def sigma(x):
    log('sigma', tuple(x.shape))
    return torch.tanh(x)


def dsigma(x):
    log('dsigma', tuple(x.shape))
    return 1 - torch.tanh(x) * torch.tanh(x)


def loss(v, t):
    value = torch.sum((v - t) ** 2)
    log(f'loss = {value}')
    return value


def dloss(v, t):
    return 2 * v.sub(t)


def forward_pass(w1, b1, w2, b2, x):
    log(w1.shape, b1.shape, w2.shape, b2.shape, x.shape)
    s1 = w1.matmul(x) + b1
    x1 = sigma(s1)
    s2 = w2.matmul(x1) + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * dsigma(s2)
    log('dl_ds2', dl_ds2)
    dl_ds1 = w2.t().matmul(dl_ds2) * dsigma(s1)
    log('dl_ds1', dl_ds1)
    dl_dw2 += dl_ds2 * x1; dl_db2 += dl_ds2
    dl_dw1 += dl_ds1 * x; dl_db1 += dl_ds1


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000, verbose=False):
    global DEBUG
    DEBUG = verbose
    N, M = train_input.size(0), test_input.size(0)
    soft = train_target.mul(0.9)
    w1 = torch.randn((nb_hidden, train_input.size(1))) * 1e-6
    b1 = torch.randn((nb_hidden,)) * 1e-6
    w2 = torch.randn((soft.size(1), nb_hidden)) * 1e-6
    b2 = torch.randn((soft.size(1),)) * 1e-6
    history = []
    with trange(nb_steps, disable=not verbose) as bar:
        for epoch in bar:
            dw1, db1, dw2, db2 = map(torch.zeros_like, (w1, b1, w2, b2))
            loss_sum, n_bad = 0.0, 0
            for x, t in tqdm(list(zip(train_input, soft)), leave=False, disable=True):
                fw = forward_pass(w1, b1, w2, b2, x)
                loss_sum += loss(fw[4], t).item()
                n_bad += fw[4].argmax().item() != t.argmax().item()
                backward_pass(w1, b1, w2, b2, t, *fw, dw1, db1, dw2, db2)
            n_bad_test = sum(forward_pass(w1, b1, w2, b2, test_input[i])[4].argmax().item() != test_target[i].argmax().item()
                             for i in range(M))
            history.append((loss_sum, n_bad / N, n_bad_test / M))
            print(f'epoch {epoch}: loss {loss_sum:.3f}, train {n_bad / N:.2%}, test {n_bad_test / M:.2%}')
            bar.set_postfix(loss=loss_sum)
            for p, dp in ((w1, dw1), (b1, db1), (w2, dw2), (b2, db2)):
                p.add_(dp, alpha=-0.1 / N)
    DEBUG = True
    return (w1, b1, w2, b2), history
