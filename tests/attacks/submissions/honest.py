"""No attack: what the others are compared with."""


def before(x):
    return x + 1


def attack(x):
    return x


def after(x):
    return x * 2
