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

def main():
    torch.manual_seed(1234)
    tr, tr_t, te, te_t = prologue.load_data(one_hot_labels=True, normalize=True)
    tr_t, te_t = tr_t * 0.9, te_t * 0.9
    steps = 1000
    eta = 0.1 / tr.size(0)

    w1 = torch.zeros(50, tr.size(1)); torch.nn.init.normal_(w1, 0., 1e-6)
    b1 = torch.zeros(50); torch.nn.init.normal_(b1, 0., 1e-6)
    w2 = torch.zeros(tr_t.size(1), 50); torch.nn.init.normal_(w2, 0., 1e-6)
    b2 = torch.zeros(tr_t.size(1)); torch.nn.init.normal_(b2, 0., 1e-6)

    def predict(x):
        return forward_pass(w1, b1, w2, b2, x)[-1].argmax().item()

    def errors(inp, tgt):
        return sum([predict(x) != t.argmax().item() for x, t in zip(inp, tgt)])

    def descend():
        nonlocal w1, b1, w2, b2
        gw1 = torch.zeros(w1.size())
        gb1 = torch.zeros(b1.size())
        gw2 = torch.zeros(w2.size())
        gb2 = torch.zeros(b2.size())
        l = 0
        for x, t in zip(tr, tr_t):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            l += loss(x2, t).item()
            backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, gw1, gb1, gw2, gb2)
        w1 = w1 - eta * gw1
        b1 = b1 - eta * gb1
        w2 = w2 - eta * gw2
        b2 = b2 - eta * gb2
        return l

    for s in range(steps):
        train_err = 100. * errors(tr, tr_t) / tr.size(0)
        l = descend()
        test_err = 100. * errors(te, te_t) / te.size(0)
        print(s, 'loss %.2f' % l, 'train %.1f%%' % train_err, 'test %.1f%%' % test_err)

main()
