"""Sends long texts in every place."""

from attacker import message, os, reply, time


def attack(x):
    long = "x" * 60_000
    error = {"dict": [["kind", long], ["text", long], ["frames", {"list": [{"list": [long, 1, None]}] * 20}]]}
    reply({"tensors": [], "message": message(error=error)}, then_hang=False)
    os.close(4)
    time.sleep(30)


def before(x):
    return x + 1


def after(x):
    return x * 2
