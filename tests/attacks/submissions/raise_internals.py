"""Raises the grader's own exceptions."""

import sys


def attack(x):
    print("RAN", flush=True)
    for name, module in list(sys.modules.items()):
        for kind in ("CheckFailure", "Ended", "ProtocolError", "GraderError"):
            if name.startswith("grader") and hasattr(module, kind):
                raise getattr(module, kind)("passed")
    raise GeneratorExit


def before(x):
    return x + 1


def after(x):
    return x * 2
