"""Replaces the output by one that hangs when it is flushed."""

import sys


class Slow:
    encoding = "utf-8"

    def write(self, text):
        return len(text)

    def flush(self):
        while True:
            pass


def attack(x):
    print("RAN", flush=True)
    sys.stdout = sys.stderr = Slow()
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
