"""Puts its own modules in the place of the reference, the grader and torch."""

import sys
import types

import torch


def attack(x):
    print("RAN", flush=True)
    for name in ("reference", "solution", "grader", "grader.grading.session", "grader.checking", "grader.results", "conftest"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torch"] = sys.modules["json"] = sys.modules["struct"] = types.ModuleType("torch")
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
