import time
import torch
import dlc_practical_prologue as prologue

def sigma(x):
    return x.tanh()

def dsigma(x):
    return 4 * (x.exp() + x.mul(-1).exp()).pow(-2)

######################################################################

def loss(v, t):
    return (v - t).pow(2).sum()

def dloss(v, t):
    return 2 * (v - t)

######################################################################

def forward_pass(w1, b1, w2, b2, x):
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)

    return x0, s1, x1, s2, x2

def backward_pass(w1, b1, w2, b2,
                  t,
                  x, s1, x1, s2, x2,
                  dl_dw1, dl_db1, dl_dw2, dl_db2):
    x0 = x
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1

    dl_dw2.add_(dl_ds2.view(-1, 1).mm(x1.view(1, -1)))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(dl_ds1.view(-1, 1).mm(x0.view(1, -1)))
    dl_db1.add_(dl_ds1)

class History(dict):
    def log(self, **kw):
        for k, v in kw.items():
            self.setdefault(k, []).append(v)

def fit(epochs, hidden=50):
    X, Y, Xt, Yt = prologue.load_data(one_hot_labels=True, normalize=True)
    Y, Yt = Y.mul(0.9), Yt.mul(0.9)
    h = History()
    eta = 0.1 / X.size(0)
    eps = 1e-6
    W = [torch.empty(hidden, X.size(1)).normal_(0, eps), torch.empty(hidden).normal_(0, eps),
         torch.empty(Y.size(1), hidden).normal_(0, eps), torch.empty(Y.size(1)).normal_(0, eps)]
    t0 = time.perf_counter()
    for epoch in range(epochs):
        dW = [torch.zeros(w.size()) for w in W]
        l = 0
        e = 0
        for n in range(X.size(0)):
            x0, s1, x1, s2, x2 = forward_pass(W[0], W[1], W[2], W[3], X[n])
            backward_pass(W[0], W[1], W[2], W[3], Y[n], x0, s1, x1, s2, x2, dW[0], dW[1], dW[2], dW[3])
            l += loss(x2, Y[n]).item()
            e += int(x2.argmax().item() != Y[n].argmax().item())
        et = 0
        for n in range(Xt.size(0)):
            et += int(forward_pass(W[0], W[1], W[2], W[3], Xt[n])[4].argmax().item() != Yt[n].argmax().item())
        h.log(train_loss=l, train_error=e / X.size(0), test_error=et / Xt.size(0))
        if epoch % 10 == 0:
            print(f"epoch {epoch} ({time.perf_counter() - t0:.1f}s): {l:.2f}")
        for i in range(4):
            W[i] = W[i] - eta * dW[i]
    return W, h

if __name__ == "__main__":
    W, h = fit(epochs=1000)
    print(h.keys())
