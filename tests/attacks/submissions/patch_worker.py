"""Patches the worker, so that it answers as the forger likes."""

import sys


def attack(x):
    print("RAN", flush=True)
    worker = sys.modules["grader.sandbox.inside.worker"]
    calling = sys.modules["grader.sandbox.inside.calling"]
    protocol = sys.modules["grader.sandbox.protocol"]
    real = protocol.dumps

    def forged(reply):
        for frame in ("score", "outcome", "passed", "isolation"):
            reply[frame] = {"seccomp": "enforced, says the forger"} if frame == "isolation" else 99
        return real(reply)

    protocol.dumps = worker._frame = forged
    worker.describe_error = calling.describe_error = lambda error: None
    calling._same = lambda was, now: True
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
