"""Answers byte by byte, so that something always comes."""

from attacker import os, time, write


def attack(x):
    write(b"\0\0\xff\xff", then_hang=False)
    while True:
        os.write(4, b"x")
        time.sleep(0.01)


def before(x):
    return x + 1


def after(x):
    return x * 2
