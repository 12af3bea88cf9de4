"""Opens the memory of the instructor's process."""

from attacker import HOST, attempt


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: open(f"/proc/{HOST['bystander']}/mem", "rb"))


def after(x):
    return x * 2
