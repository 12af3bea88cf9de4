"""The reference solution of Practical Session 3: a multi-layer perceptron with one hidden layer, by hand.

Sizes: D inputs, H hidden units, C classes, N samples. Vectors are 1-D; a sample is one vector.
The misconceptions are diffs against the expressions of this file, so it is written to be read.
"""

import torch

ZETA = 0.9  # keeps the targets strictly within the range of tanh
EPSILON = 1e-6  # standard deviation of the initial parameters
ETA = 0.1  # step size, before it is divided by the number of samples


def sigma(x):
    """tanh, element by element."""
    return torch.tanh(x)


def dsigma(x):
    """The derivative of tanh at x: 1 - tanh(x)^2."""
    return 1 - torch.tanh(x).pow(2)


def loss(v, t):
    """The squared distance between the response v and the target t, a scalar."""
    return (v - t).pow(2).sum()


def dloss(v, t):
    """The gradient of the loss with respect to v, one entry a component of v."""
    return 2 * (v - t)


def forward_pass(w1, b1, w2, b2, x):
    """One sample through the network: x0 -> s1 -> x1 -> s2 -> x2."""
    x0 = x
    s1 = w1.mv(x0) + b1
    x1 = sigma(s1)
    s2 = w2.mv(x1) + b2
    x2 = sigma(s2)
    return x0, s1, x1, s2, x2


def backward_pass(
    w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2
):
    """Add one sample's gradients to the four accumulators, from the loss back to the input."""
    x0 = x
    dl_dx2 = dloss(x2, t)
    dl_ds2 = dsigma(s2) * dl_dx2
    dl_dx1 = w2.t().mv(dl_ds2)
    dl_ds1 = dsigma(s1) * dl_dx1

    dl_dw2.add_(torch.outer(dl_ds2, x1))
    dl_db2.add_(dl_ds2)
    dl_dw1.add_(torch.outer(dl_ds1, x0))
    dl_db1.add_(dl_ds1)


def initial_parameters(nb_inputs, nb_hidden, nb_classes):
    """(w1, b1, w2, b2), drawn from a normal distribution of standard deviation EPSILON."""
    w1 = torch.empty(nb_hidden, nb_inputs).normal_(0, EPSILON)
    b1 = torch.empty(nb_hidden).normal_(0, EPSILON)
    w2 = torch.empty(nb_classes, nb_hidden).normal_(0, EPSILON)
    b2 = torch.empty(nb_classes).normal_(0, EPSILON)
    return w1, b1, w2, b2


def error_rate(parameters, inputs, targets):
    """The share of samples whose class of maximum response is not the target's."""
    nb_errors = 0
    for x, t in zip(inputs, targets, strict=True):
        x0, s1, x1, s2, x2 = forward_pass(*parameters, x)
        if x2.argmax() != t.argmax():
            nb_errors += 1
    return nb_errors / len(inputs)


def train(
    train_input,
    train_target,
    test_input,
    test_target,
    nb_hidden=50,
    nb_steps=1000,
    parameters=None,
):
    """Gradient descent on all samples; (parameters, history), one history entry a step.

    `parameters` are the ones to start from, which are not changed; without them they are drawn.
    """
    train_target = ZETA * train_target
    nb_samples = len(train_input)
    eta = ETA / nb_samples

    if parameters is None:
        parameters = initial_parameters(
            train_input.size(1), nb_hidden, train_target.size(1)
        )
    w1, b1, w2, b2 = (parameter.clone() for parameter in parameters)
    dl_dw1, dl_db1 = torch.zeros_like(w1), torch.zeros_like(b1)
    dl_dw2, dl_db2 = torch.zeros_like(w2), torch.zeros_like(b2)

    history = []
    for step in range(nb_steps):
        dl_dw1.zero_()
        dl_db1.zero_()
        dl_dw2.zero_()
        dl_db2.zero_()
        train_loss = 0.0
        nb_train_errors = 0

        for x, t in zip(train_input, train_target, strict=True):
            x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
            backward_pass(
                w1,
                b1,
                w2,
                b2,
                t,
                x,
                s1,
                x1,
                s2,
                x2,
                dl_dw1,
                dl_db1,
                dl_dw2,
                dl_db2,
            )
            train_loss += loss(x2, t).item()
            if x2.argmax() != t.argmax():
                nb_train_errors += 1

        train_error = nb_train_errors / nb_samples
        test_error = error_rate((w1, b1, w2, b2), test_input, test_target)
        history.append((train_loss, train_error, test_error))

        w1.sub_(eta * dl_dw1)
        b1.sub_(eta * dl_db1)
        w2.sub_(eta * dl_dw2)
        b2.sub_(eta * dl_db2)

    return (w1, b1, w2, b2), history
