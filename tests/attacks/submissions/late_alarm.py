"""Sets an alarm that goes off when something else is called."""

import signal


def ring(*a):
    raise KeyboardInterrupt("late")


def attack(x):
    print("RAN", flush=True)
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
