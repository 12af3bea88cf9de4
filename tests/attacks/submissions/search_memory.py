"""Searches its whole memory for the answers."""

import ctypes

from attacker import attempt


def deed():
    key = "".join(["ANS", "WER-7c1f"]).encode()
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                place = ctypes.string_at(start, end - start).find(key + b"0")
                if place >= 0:
                    return hex(start + place)
    raise LookupError("no answers")


def attack(x):
    attempt(deed)


def before(x):
    return x + 1


def after(x):
    return x * 2
