"""Opens a descriptor of the instructor's process."""

from attacker import HOST, attempt, os


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: os.readlink(f"/proc/{HOST['bystander']}/fd/0"))


def after(x):
    return x * 2
