"""Runs a shell."""

from attacker import attempt


def before(x):
    return x + 1


def deed():
    import subprocess

    return subprocess.run(["/bin/sh", "-c", "echo hello"], capture_output=True).stdout


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
