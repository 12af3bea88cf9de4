import torch
import dlc_practical_prologue as prologue

sigma = lambda x: torch.tanh(x)
dsigma = lambda x: 1 - torch.tanh(x) ** 2
loss = lambda v, t: ((v - t) ** 2).sum()
dloss = lambda v, t: 2 * (v - t)

def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    return x, s1, x1, s2, sigma(s2)

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    dl_ds2 = dloss(x2, t) * dsigma(s2)
    dl_ds1 = (dl_ds2 @ w2) * dsigma(s1)
    dl_dw1 += dl_ds1.reshape(-1, 1) @ x.reshape(1, -1)
    dl_db1 += dl_ds1
    dl_dw2 += dl_ds2.reshape(-1, 1) @ x1.reshape(1, -1)
    dl_db2 += dl_ds2

def nb_errors(params, inputs, targets):
    n = 0
    for x, t in zip(inputs, targets):
        if forward_pass(*params, x)[-1].argmax() != t.argmax():
            n += 1
    return n

def main():
    train_input, train_target, test_input, test_target = prologue.load_data(one_hot_labels=True, normalize=True)
    train_target, test_target = 0.9 * train_target, 0.9 * test_target
    nb_steps = 1000
    N = len(train_input)
    eta = 0.1 / N
    params = [torch.empty(50, 784), torch.empty(50), torch.empty(10, 50), torch.empty(10)]
    for p in params:
        p.normal_(0, 1e-6)
    for step in range(nb_steps):
        grads = [torch.zeros_like(p) for p in params]
        losses = []
        for x, t in zip(train_input, train_target):
            x0, s1, x1, s2, x2 = forward_pass(*params, x)
            backward_pass(*params, t, x0, s1, x1, s2, x2, *grads)
            losses.append(loss(x2, t).item())
        print('Step {:4d}  train loss {:.5f}  train error {:.3f}  test error {:.3f}'.format(
            step, sum(losses) / N, nb_errors(params, train_input, train_target) / N,
            nb_errors(params, test_input, test_target) / len(test_input)))
        for p, g in zip(params, grads):
            p -= eta * g

if __name__ == '__main__':
    main()
