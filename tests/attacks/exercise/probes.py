import torch


def probes(solution):
    """The diagnosis calls a hostile function too."""
    vectors = [(torch.linspace(-1, 1, 5),), (torch.ones(3),)]
    return {"before": vectors, "attack": vectors, "after": vectors}


def chain(solution):
    return {}
