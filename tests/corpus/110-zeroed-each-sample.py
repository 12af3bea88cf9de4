import torch

# All parameters live in one flat vector; the four tensors are views of it.

def sigma(x): return torch.tanh(x)
def dsigma(x): return 1 - torch.tanh(x) ** 2
def loss(v, t): return (v - t) @ (v - t)
def dloss(v, t): return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    s1 = w1 @ x + b1
    x1 = sigma(s1)
    s2 = w2 @ x1 + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # layer by layer, weights and bias as one matrix [w | b]
    def grad(delta, a):
        return torch.outer(delta, torch.cat((a, a.new_ones(1))))
    d2 = dloss(x2, t) * dsigma(s2)
    d1 = (w2.t() @ d2) * dsigma(s1)
    for wb, w, b in ((grad(d1, x), dl_dw1, dl_db1), (grad(d2, x1), dl_dw2, dl_db2)):
        w += wb[:, :-1]
        b += wb[:, -1]


def views(theta, d, h, c):
    w1, b1, w2, b2 = theta.split([h * d, h, c * h, c])
    return w1.view(h, d), b1, w2.view(c, h), b2


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    (n, d), c, h = train_input.shape, train_target.shape[1], nb_hidden
    t = 0.9 * train_target
    theta = torch.empty(h * d + h + c * h + c).normal_(0, 1e-6)
    grad = torch.empty_like(theta)
    params, grads = views(theta, d, h, c), views(grad, d, h, c)
    history = []
    for _ in range(nb_steps):
        total, miss = 0.0, 0
        for i in range(n):
            grad.zero_()
            trace = forward_pass(*params, train_input[i])
            total += loss(trace[-1], t[i]).item()
            miss += trace[-1].argmax().item() != t[i].argmax().item()
            backward_pass(*params, t[i], *trace, *grads)
        test_miss = sum(forward_pass(*params, x)[-1].argmax().item() != u.argmax().item()
                        for x, u in zip(test_input, test_target))
        history.append((total, miss / n, test_miss / len(test_input)))
        theta -= 0.1 / n * grad
    return tuple(p.clone() for p in params), history
