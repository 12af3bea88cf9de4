import torch
from torch import Tensor
import dlc_practical_prologue as prologue

def sigma(x: Tensor) -> Tensor:
    return x.tanh()


def dsigma(x: Tensor) -> Tensor:
    return 1 - x.tanh().square()


def loss(v: Tensor, t: Tensor) -> Tensor:
    return (v - t).square().sum()


def dloss(v: Tensor, t: Tensor) -> Tensor:
    return 2 * (v - t)


def forward_pass(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, x: Tensor):
    s1 = b1.addmv(w1, x)
    x1 = sigma(s1)
    s2 = b2.addmv(w2, x1)
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2,
                  dl_dw1, dl_db1, dl_dw2, dl_db2) -> None:
    grad_s2 = dloss(x2, t) * dsigma(s2)
    grad_s1 = (w2.t() @ grad_s2) * dsigma(s1)
    for acc, g in ((dl_dw1, grad_s1[:, None] * x[None, :]), (dl_db1, grad_s1),
                   (dl_dw2, grad_s2[:, None] * x1[None, :]), (dl_db2, grad_s2)):
        acc += g


class MLP:
    def __init__(self, nb_in, nb_hidden, nb_out, eps=1e-6):
        self.w1 = torch.empty(nb_hidden, nb_in).normal_(0, eps)
        self.b1 = torch.empty(nb_hidden).normal_(0, eps)
        self.w2 = torch.empty(nb_out, nb_hidden).normal_(0, eps)
        self.b2 = torch.empty(nb_out).normal_(0, eps)
        self.dw1 = torch.zeros_like(self.w1)
        self.db1 = torch.zeros_like(self.b1)
        self.dw2 = torch.zeros_like(self.w2)
        self.db2 = torch.zeros_like(self.b2)

    def params(self):
        return self.w1, self.b1, self.w2, self.b2

    def grads(self):
        return self.dw1, self.db1, self.dw2, self.db2

    def zero_grad(self):
        for g in self.grads():
            g.zero_()

    def forward(self, x):
        return forward_pass(*self.params(), x)

    def step(self, eta):
        for p, g in zip(self.params(), self.grads()):
            p -= eta * g

    def predict(self, x):
        return self.forward(x)[-1].argmax().item()

    def error(self, X, Y):
        wrong = sum(self.predict(x) != y.argmax().item() for x, y in zip(X, Y))
        return wrong / len(X)

    def fit(self, X, Y, X_test, Y_test, lr=0.1, steps=1000):
        eta = lr / len(X)
        for k in range(steps):
            self.zero_grad()
            acc_loss, wrong = 0.0, 0
            for x, y in zip(X, Y):
                x0, s1, x1, s2, x2 = self.forward(x)
                backward_pass(*self.params(), y, x0, s1, x1, s2, x2, *self.grads())
                acc_loss += loss(x2, y).item()
                wrong += x2.argmax().item() != y.argmax().item()
            self.step(eta)
            print(f'[{k+1}/{steps}] loss: {acc_loss:.2f} | train err: {wrong / len(X):.2%} | test err: {self.error(X_test, Y_test):.2%}')


if __name__ == '__main__':
    torch.manual_seed(0)
    tr_x, tr_y, te_x, te_y = prologue.load_data(one_hot_labels=True, normalize=True)
    mlp = MLP(tr_x.size(1), 50, tr_y.size(1))
    mlp.fit(tr_x, 0.9 * tr_y, te_x, 0.9 * te_y)
