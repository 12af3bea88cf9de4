"""A class does the work; the graded functions make one, and its methods call the small ones."""

import torch


def sigma(x):
    return (torch.exp(2 * x.clamp(-20, 20)) - 1) / (torch.exp(2 * x.clamp(-20, 20)) + 1)


def dsigma(x):
    return torch.cosh(x.clamp(-40, 40)).pow(-2)


def loss(v, t):
    difference = v - t
    return difference.dot(difference)


def dloss(v, t):
    return torch.add(v, t, alpha=-1).mul(2)


class Network:
    def __init__(self, w1, b1, w2, b2):
        self.layers = [(w1, b1), (w2, b2)]

    def states(self, x):
        found = [x]
        for weight, bias in self.layers:
            found.append(weight.matmul(found[-1]) + bias)
            found.append(sigma(found[-1]))
        return tuple(found)

    def gradients(self, t, states):
        x0, s1, x1, s2, x2 = states
        of_s2 = dsigma(s2) * dloss(x2, t)
        of_s1 = dsigma(s1) * self.layers[1][0].T.matmul(of_s2)
        return (
            of_s1.view(-1, 1) * x0.view(1, -1),
            of_s1,
            of_s2.view(-1, 1) * x1.view(1, -1),
            of_s2,
        )

    def guess(self, x):
        return int(self.states(x)[-1].argmax())


def forward_pass(w1, b1, w2, b2, x):
    return Network(w1, b1, w2, b2).states(x)


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    found = Network(w1, b1, w2, b2).gradients(t, (x, s1, x1, s2, x2))
    for total, gradient in zip((dl_dw1, dl_db1, dl_dw2, dl_db2), found):
        total += gradient


def train(
    train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000
):
    size = train_input.size(1), nb_hidden, train_target.size(1)
    parameters = []
    for inputs, outputs in zip(size, size[1:]):
        parameters += [
            torch.normal(0.0, 1e-6, (outputs, inputs)),
            torch.normal(0.0, 1e-6, (outputs,)),
        ]
    samples = list(zip(train_input, 0.9 * train_target))
    history = []
    for _ in range(nb_steps):
        network = Network(*parameters)
        sums = [torch.zeros_like(p) for p in parameters]
        total, wrong = 0, 0
        for x, t in samples:
            states = network.states(x)
            total += loss(states[-1], t)
            wrong += network.guess(x) != int(t.argmax())
            for s, g in zip(sums, network.gradients(t, states)):
                s += g
        missed = [
            network.guess(x) != int(t.argmax()) for x, t in zip(test_input, test_target)
        ]
        history.append((total, wrong / len(samples), sum(missed) / len(missed)))
        parameters = [p - 0.1 * s / len(samples) for p, s in zip(parameters, sums)]
    return tuple(parameters), history
