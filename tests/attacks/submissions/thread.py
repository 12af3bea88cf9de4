"""Starts a thread that goes on after the call."""

from attacker import attempt, threading, time


def before(x):
    return x + 1


def deed():
    threading.Thread(target=time.sleep, args=(0.1,), daemon=True).start()


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
