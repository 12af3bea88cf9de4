"""Signals through a process descriptor."""

from attacker import HOST, attempt, os, signal


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: signal.pidfd_send_signal(os.pidfd_open(HOST["bystander"]), signal.SIGCONT))


def after(x):
    return x * 2
