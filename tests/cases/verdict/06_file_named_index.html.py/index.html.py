# The folder of this submission's report must not be the class page.
import torch


def sigma(x):
    return torch.tanh(x)
