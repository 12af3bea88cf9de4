"""Attaches to a process of the instructor as a debugger."""

from attacker import HOST, attempt, call


def before(x):
    return x + 1


def deed():
    call("ptrace", 0x4206, HOST["bystander"], 0, 0)  # seize: it runs on


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
