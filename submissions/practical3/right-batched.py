# TP3 - rétropropagation à la main, version matricielle
# forward_pass et backward_pass acceptent un vecteur (un exemple) ou une matrice (un exemple par ligne)

import torch
from torch import Tensor

import practical_prologue as prologue


def sigma(x: Tensor) -> Tensor:
    return torch.tanh(x)


def dsigma(x: Tensor) -> Tensor:
    return torch.cosh(x.clamp(-40, 40)) ** -2


def loss(v: Tensor, t: Tensor) -> Tensor:
    return torch.sum((v - t) ** 2)


def dloss(v: Tensor, t: Tensor) -> Tensor:
    return -2 * t + 2 * v


def forward_pass(w1, b1, w2, b2, x):
    s1 = x @ w1.T + b1
    x1 = sigma(s1)
    s2 = x1 @ w2.T + b2
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    # un exemple seul devient une matrice d'une ligne
    t, x, s1, x1, s2, x2 = (torch.atleast_2d(a) for a in (t, x, s1, x1, s2, x2))

    g2 = dloss(x2, t) * dsigma(s2)  # (N, C)
    g1 = (g2 @ w2) * dsigma(s1)  # (N, H)

    # la somme sur les exemples est dans le produit de matrices
    dl_dw2 += g2.T @ x1
    dl_db2 += g2.sum(0)
    dl_dw1 += g1.T @ x
    dl_db1 += g1.sum(0)


def error_rate(response: Tensor, target: Tensor) -> float:
    return (response.argmax(1) != target.argmax(1)).float().mean().item()


class Net:
    """The parameters with their gradients."""

    def __init__(self, nb_in, nb_hidden, nb_out, eps=1e-6):
        self.params = [
            torch.normal(0.0, eps, (nb_hidden, nb_in)),
            torch.normal(0.0, eps, (nb_hidden,)),
            torch.normal(0.0, eps, (nb_out, nb_hidden)),
            torch.normal(0.0, eps, (nb_out,)),
        ]
        self.zero_grad()

    def zero_grad(self):
        self.grads = [torch.zeros_like(p) for p in self.params]

    def step(self, eta):
        self.params = [p - eta * g for p, g in zip(self.params, self.grads)]


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    target = 0.9 * train_target
    net = Net(train_input.shape[1], nb_hidden, target.shape[1])
    history = []
    for _ in range(nb_steps):
        x, s1, x1, s2, x2 = forward_pass(*net.params, train_input)
        test_response = forward_pass(*net.params, test_input)[4]
        history.append((loss(x2, target).item(), error_rate(x2, target), error_rate(test_response, test_target)))

        net.zero_grad()
        backward_pass(*net.params, target, x, s1, x1, s2, x2, *net.grads)
        net.step(0.1 / train_input.shape[0])
    return tuple(net.params), history


def main():
    data = prologue.load_data(one_hot_labels=True, normalize=True, flatten=True)
    for step, (l, e_train, e_test) in enumerate(train(*data)[1]):
        print(f"{step:4d}  loss {l:8.2f}  train {e_train:.3f}  test {e_test:.3f}")


if __name__ == "__main__":
    main()
