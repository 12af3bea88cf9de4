"""Handles every signal and goes on."""

import signal


def attack(x):
    print("RAN", flush=True)
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, lambda *a: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    while True:
        pass


def before(x):
    return x + 1


def after(x):
    return x * 2
