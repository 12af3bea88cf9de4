"""Maps the answers into memory."""

from attacker import HOST, attempt, mmap


def before(x):
    return x + 1


def deed():
    with open(HOST["solution"], "rb") as file:
        return bytes(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:50])


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
