"""Sets its own limits."""

from attacker import attempt, resource


def before(x):
    return x + 1


def attack(x):
    attempt(lambda: resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)))


def after(x):
    return x * 2
