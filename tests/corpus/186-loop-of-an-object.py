import torch
import dlc_practical_prologue as prologue
torch.manual_seed(42)

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

class Trainer(object):
    def __init__(self, n_steps, n_hidden=50, lr=0.1, zeta=0.9, eps=1e-6):
        self.n_steps = n_steps
        self.n_hidden = n_hidden
        self.lr = lr
        self.zeta = zeta
        self.eps = eps

    def _init_params(self, n_in, n_out):
        h = self.n_hidden
        self.p = dict(w1=torch.empty(h, n_in), b1=torch.empty(h), w2=torch.empty(n_out, h), b2=torch.empty(n_out))
        for v in self.p.values():
            v.normal_(0, self.eps)

    def _errors(self, X, T):
        count = 0
        for i in range(len(X)):
            out = forward_pass(self.p['w1'], self.p['b1'], self.p['w2'], self.p['b2'], X[i])
            if out[-1].argmax() != T[i].argmax():
                count += 1
        return count / float(len(X))

    def __call__(self, train_in, train_t, test_in, test_t):
        train_t = train_t * self.zeta
        test_t = test_t * self.zeta
        self._init_params(train_in.shape[1], train_t.shape[1])
        eta = self.lr / len(train_in)
        for s in range(self.n_steps):
            g = {k: torch.zeros_like(v) for k, v in self.p.items()}
            running = 0.0
            for x, t in zip(train_in, train_t):
                x0, s1, x1, s2, x2 = forward_pass(self.p['w1'], self.p['b1'], self.p['w2'], self.p['b2'], x)
                running += loss(x2, t).item()
                backward_pass(self.p['w1'], self.p['b1'], self.p['w2'], self.p['b2'], t, x0, s1, x1, s2, x2,
                              g['w1'], g['b1'], g['w2'], g['b2'])
            print('%d\t%.4f\t%.4f\t%.4f' % (s, running, self._errors(train_in, train_t), self._errors(test_in, test_t)))
            for k in self.p:
                self.p[k] = self.p[k] - eta * g[k]


data = prologue.load_data(one_hot_labels=True, normalize=True)
trainer = Trainer(1000)
trainer(*data)
torch.save(trainer.p, 'trainer.pth')
