from pathlib import Path

import torch


class Inputs:
    def __init__(self, seed, settings):  # noqa: ARG002
        self.generator = torch.Generator().manual_seed(seed)

    def vector(self):
        return torch.randn(5, generator=self.generator)


def course_data(settings):
    """What the hostile submissions are told of the machine they attack, as bytes."""
    told = Path(settings["data"]).read_bytes() if "data" in settings else b"{}"
    return (torch.tensor(list(told), dtype=torch.uint8),)
