"""The inputs on which a student's function and the wrong variants of the reference are compared.

They are always the same, so that the variants can be kept. D inputs, H hidden units, C classes: where the
sizes are all different most mistakes raise; equal ones let them compute, mixed ones separate them.
"""

import torch

from grader.exercise.probes import (
    InnerFactor,
    Link,
    Trajectory,
    TrajectoryInputs,
)

SIZES = [(7, 5, 3), (4, 4, 4), (6, 3, 3), (4, 4, 3)]  # D, H, C
SEED = 20


def probes(solution):
    """{function: argument tuples}. `solution` is the reference, which the network's states come from."""
    draw = torch.Generator().manual_seed(SEED)

    def normal(*shape):
        return 0.7 * torch.randn(*shape, generator=draw)

    vectors = [(normal(size), normal(size)) for size in (3, 5, 4)]
    moderate = [normal(6), normal(3, 4)]
    large = torch.tensor([-300.0, -120.0, -0.5, 0.25, 120.0, 300.0])
    forward, backward = [], []
    for nb_inputs, nb_hidden, nb_classes in SIZES:
        parameters = (
            normal(nb_hidden, nb_inputs),
            normal(nb_hidden),
            normal(nb_classes, nb_hidden),
            normal(nb_classes),
        )
        x = normal(nb_inputs)
        target = normal(nb_classes)
        accumulators = tuple(
            normal(*parameter.shape) for parameter in parameters
        )
        x0, s1, x1, s2, x2 = solution.forward_pass(*parameters, x)
        forward.append((*parameters, x))
        backward.append(
            (*parameters, target, x0, s1, x1, s2, x2, *accumulators)
        )
    return {
        "sigma": [(x,) for x in (*moderate, large)],
        "dsigma": [(x,) for x in (*moderate, large)],
        "loss": vectors,
        "dloss": vectors,
        "forward_pass": forward,
        "backward_pass": backward,
    }


def chain(solution):
    """{function: its quantities in the order of the computation}, to find the first wrong one."""
    sigma, dsigma, dloss = solution.sigma, solution.dsigma, solution.dloss

    def dl_ds2(a, _=None):
        return dsigma(a.s2) * dloss(a.x2, a.t)

    def dl_ds1(a, _=None):
        return dsigma(a.s1) * a.w2.t().mv(dl_ds2(a))

    return {
        "forward_pass": [
            Link("x0", "x0", lambda a, _: a.x),
            Link("s1", "s1", lambda a, seen: a.w1.mv(seen["x0"]) + a.b1),
            Link("x1", "x1", lambda _, seen: sigma(seen["s1"])),
            Link("s2", "s2", lambda a, seen: a.w2.mv(seen["x1"]) + a.b2),
            Link("x2", "x2", lambda _, seen: sigma(seen["s2"])),
        ],
        "backward_pass": [
            Link(
                "dl_ds2",
                observed="dl_db2",
                expect=dl_ds2,
                unless=("dl_dw2", "dl_db1", "dl_dw1"),
                inner=InnerFactor(
                    "dl_dx2", through="s2", outer=lambda a: dsigma(a.s2)
                ),
            ),
            Link(
                "dl_dw2", "dl_dw2", lambda a, _: torch.outer(dl_ds2(a), a.x1)
            ),
            Link("dl_db2", "dl_db2", dl_ds2),
            Link(
                "dl_ds1",
                observed="dl_db1",
                expect=dl_ds1,
                unless=("dl_dw1",),
                inner=InnerFactor(
                    "dl_dx1", through="s1", outer=lambda a: dsigma(a.s1)
                ),
            ),
            Link("dl_dw1", "dl_dw1", lambda a, _: torch.outer(dl_ds1(a), a.x)),
            Link("dl_db1", "dl_db1", dl_ds1),
        ],
    }


def trajectories(solution):
    """{function: how to follow it step by step}, for functions that iterate."""
    draw = torch.Generator().manual_seed(SEED)

    def samples(classes, nb_inputs, nb_classes):
        inputs = torch.randn(len(classes), nb_inputs, generator=draw)
        return inputs, torch.eye(nb_classes)[torch.tensor(classes)]

    # The classes' shares differ between training and test, and no error rate is 1/2.
    train, test = [0, 2, 0, 1, 0, 1, 0], [2, 0, 2, 1, 2]
    arguments = (*samples(train, 4, 3), *samples(test, 4, 3), 5)
    wide = samples([0, 3], 40, 10)
    full_size = TrajectoryInputs(
        arguments=(*samples(train, 784, 10), *samples(test, 784, 10), 50),
        again=(
            *samples([1, 0, 1, 2, 2], 784, 10),
            *samples([2, 2, 0, 1, 1, 0], 784, 10),
            50,
        ),
        wide=(*samples([0, 3], 784, 10), *samples([0, 3], 784, 10), 50),
    )
    small = TrajectoryInputs(
        arguments=arguments,
        again=(
            *samples([1, 0, 1, 2, 2, 1, 0, 1, 1], 4, 3),
            *samples([2, 2, 0, 1, 1, 0, 2, 2], 4, 3),
            5,
        ),
        wide=(*wide, *wide, 50),
    )

    # No size is another one, nor one more or less: which one a number is can be told.
    few = (
        *samples([0, 2, 1, 0], 10, 8),
        *samples([2, 0, 2, 1, 0, 2], 10, 8),
        13,
    )
    # All samples push the hidden layer the same way and hard, so that it wakes up in a few steps.
    image = 18 * torch.randn(16, generator=draw)
    sides = torch.tensor([[1.0], [1.0], [-1.0], [-1.0], [-1.0]])
    shares = torch.tensor(
        [[1.0], [0.6], [-0.8], [-1.0], [0.9], [-0.7], [-0.9]]
    )
    contested = (
        sides * image,
        torch.eye(3)[torch.tensor([0, 1, 1, 2, 2])],
        shares * image + torch.randn(7, 16, generator=draw),
        torch.eye(3)[torch.tensor([1, 1, 2, 0, 1, 2, 2])],
        5,
    )

    def measure(parameters, arguments):
        inputs, targets, test_inputs, test_targets, _ = arguments
        train_loss = 0.0
        for x, t in zip(inputs, solution.ZETA * targets, strict=True):
            train_loss += solution.loss(
                solution.forward_pass(*parameters, x)[-1], t
            ).item()
        return (
            train_loss,
            solution.error_rate(parameters, inputs, targets),
            solution.error_rate(parameters, test_inputs, test_targets),
        )

    def still(arguments, parameters):
        # Inputs of zero leave the gradient to the biases alone; targets that are met leave none.
        inputs, targets, *rest = arguments
        nothing = torch.zeros_like(inputs)
        if parameters is None:
            return nothing, torch.zeros_like(targets), *rest
        response = (
            solution.forward_pass(*parameters, nothing[0])[-1] / solution.ZETA
        )
        return nothing, response.expand_as(targets).clone(), *rest

    def arranged(arguments, parameters):
        # The class of the initial response becomes the last one, rare in training and common in the test.
        inputs, targets, test_inputs, test_targets, nb_hidden = arguments
        response = solution.forward_pass(*parameters, inputs[0])[-1]
        order = list(range(targets.size(1)))
        order[int(response.argmax())], order[-1] = (
            order[-1],
            order[int(response.argmax())],
        )
        return (
            inputs,
            targets[:, order],
            test_inputs,
            test_targets[:, order],
            nb_hidden,
        )

    return {
        "train": Trajectory(
            inputs=small,
            full_size=full_size,
            start="parameters",
            steps="nb_steps",
            columns=("train_loss", "train_error", "test_error"),
            late_columns=("train_error", "test_error"),
            parameters=("w1", "b1", "w2", "b2"),
            accepted_spreads=(1e-3,),
            measure=measure,
            still=still,
            arranged=arranged,
            few=few,
            awake=(contested, 7),
        )
    }
