"""The answers. KEY is what no submission may ever hold: see the harness."""

KEY = "ANSWER-7c1f0a9b"


def before(x):
    return x + 1


def attack(x):
    return x * 0.73911937 - 0.25508311


def after(x):
    return x * 2
