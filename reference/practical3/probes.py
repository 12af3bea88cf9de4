"""The inputs on which a student's function and the wrong variants of the reference are compared.

They are always the same, so that the variants can be kept. D inputs, H hidden units, C classes: where the
sizes are all different most mistakes raise; equal ones let them compute, mixed ones separate them.
"""

import torch

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
        accumulators = tuple(normal(*parameter.shape) for parameter in parameters)
        x0, s1, x1, s2, x2 = solution.forward_pass(*parameters, x)
        forward.append((*parameters, x))
        backward.append((*parameters, target, x0, s1, x1, s2, x2, *accumulators))
    return {
        "sigma": [(x,) for x in (*moderate, large)],
        "dsigma": [(x,) for x in (*moderate, large)],
        "loss": vectors,
        "dloss": vectors,
        "forward_pass": forward,
        "backward_pass": backward,
    }
