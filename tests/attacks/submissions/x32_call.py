"""Calls the kernel by numbers of the x32 table."""

from attacker import LIBC, ran


def attack(x):
    ran()
    LIBC.syscall(0x40000000 + 39)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
