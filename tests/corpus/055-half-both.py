import torch


class Tanh:
    @staticmethod
    def f(x):
        return torch.tanh(x)

    @staticmethod
    def df(x):
        return 1 - torch.tanh(x) ** 2


class Linear:
    def __init__(self, weight, bias, grad_weight=None, grad_bias=None):
        self.weight, self.bias = weight, bias
        self.grad_weight, self.grad_bias = grad_weight, grad_bias

    def forward(self, x):
        return self.weight.matmul(x) + self.bias

    def backward(self, x, grad_output):
        """Accumulate the parameters' gradients; return the gradient with respect to the input."""
        self.grad_weight.add_(grad_output.unsqueeze(1) * x.unsqueeze(0))
        self.grad_bias.add_(grad_output)
        return self.weight.t().matmul(grad_output)


class SquaredError:
    def __call__(self, v, t):
        return (v - t).pow(2).sum()

    def gradient(self, v, t):
        return 2 * (v - t)


criterion = SquaredError()
sigma = Tanh.f
dsigma = Tanh.df


def loss(v, t):
    return 0.5 * criterion(v, t)


def dloss(v, t):
    return v - t


def forward_pass(w1, b1, w2, b2, x):
    s1 = Linear(w1, b1).forward(x)
    x1 = sigma(s1)
    s2 = Linear(w2, b2).forward(x1)
    x2 = sigma(s2)
    return x, s1, x1, s2, x2


def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    layer1 = Linear(w1, b1, dl_dw1, dl_db1)
    layer2 = Linear(w2, b2, dl_dw2, dl_db2)
    grad = dloss(x2, t) * dsigma(s2)
    grad = layer2.backward(x1, grad) * dsigma(s1)
    layer1.backward(x, grad)


class Trainer:
    def __init__(self, nb_in, nb_hidden, nb_out, epsilon=1e-6):
        self.params = [
            torch.zeros(nb_hidden, nb_in).normal_(0, epsilon),
            torch.zeros(nb_hidden).normal_(0, epsilon),
            torch.zeros(nb_out, nb_hidden).normal_(0, epsilon),
            torch.zeros(nb_out).normal_(0, epsilon),
        ]
        self.grads = [torch.zeros_like(p) for p in self.params]

    def zero_grad(self):
        for g in self.grads:
            g.zero_()

    def predict(self, x):
        return forward_pass(*self.params, x)[-1].argmax().item()

    def error_rate(self, xs, ts):
        return sum(self.predict(x) != t.argmax().item() for x, t in zip(xs, ts)) / len(xs)

    def epoch(self, xs, ts):
        self.zero_grad()
        total = 0.0
        for x, t in zip(xs, ts):
            states = forward_pass(*self.params, x)
            total += loss(states[-1], t).item()
            backward_pass(*self.params, t, *states, *self.grads)
        return total

    def update(self, eta):
        for p, g in zip(self.params, self.grads):
            p.sub_(eta * g)


def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    target = train_target * 0.9
    trainer = Trainer(train_input.size(1), nb_hidden, target.size(1))
    history = []
    for _ in range(nb_steps):
        train_loss = trainer.epoch(train_input, target)
        history.append((
            train_loss,
            trainer.error_rate(train_input, target),
            trainer.error_rate(test_input, test_target),
        ))
        trainer.update(0.1 / len(train_input))
    return tuple(trainer.params), history
