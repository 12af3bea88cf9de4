"""Sets up io_uring, which goes round the filter."""

from attacker import attempt, call, ctypes


def before(x):
    return x + 1


def deed():
    return call("io_uring_setup", 4, ctypes.create_string_buffer(120))


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
