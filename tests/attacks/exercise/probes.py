import torch


def probes(solution):  # noqa: ARG001
    """The diagnosis calls a hostile function too."""
    vectors = [(torch.linspace(-1, 1, 5),), (torch.ones(3),)]
    return {"before": vectors, "attack": vectors, "after": vectors}


def chain(solution):  # noqa: ARG001
    return {}
