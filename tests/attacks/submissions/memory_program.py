"""Runs a program from memory, without a file."""

from attacker import attempt, call, ctypes, os


def before(x):
    return x + 1


def deed():
    with open("/bin/true", "rb") as file:
        program = file.read()
    descriptor = call("memfd_create", b"x", 0)
    os.write(descriptor, program)
    child = os.fork()
    if child == 0:
        nothing = (ctypes.c_char_p * 1)(None)
        call("execveat", descriptor, b"", nothing, nothing, 0x1000)
    return os.waitpid(child, 0)


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
