"""The seccomp filter as data: what it answers to each call, by number and by argument."""

from __future__ import annotations

import errno

import pytest

from grader.sandbox.walls import seccomp, system_calls

ALLOW, KILL = 0x7FFF0000, 0x80000000
DENY, ABSENT = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


def run_filter(
    program: list[seccomp.Instruction],
    architecture: int,
    number: int,
    *arguments: int,
) -> int:
    """What the kernel's interpreter would return."""
    words = {0: number, 4: architecture}
    for i in range(6):
        value = arguments[i] if i < len(arguments) else 0
        words |= {16 + 8 * i: value & 0xFFFFFFFF, 20 + 8 * i: value >> 32}
    position = accumulator = 0
    while True:
        code, if_true, if_false, constant = program[position]
        position += 1
        if code == 0x20:
            accumulator = words[constant]
        elif code == 0x06:
            return constant
        else:
            met = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: accumulator & constant,
            }
            position += if_true if met[code] else if_false


MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_gets_what_the_lists_say(machine: str) -> None:
    program = seccomp.program(machine, 77)
    names = {
        number: name for name, number in system_calls.TABLES[machine].items()
    }
    listed = dict.fromkeys(seccomp.ALLOWED.split(), ALLOW) | dict.fromkeys(
        seccomp.DENIED.split(), DENY
    )
    by_argument = {
        "kill",
        "tgkill",
        "fcntl",
        "ioctl",
        "prctl",
        "clone",
        "prlimit64",
    }
    for number in range(1000):
        name = names.get(number, "")
        if name not in by_argument:
            expected = listed.get(name, ABSENT)
            assert (
                run_filter(program, MACHINES[machine], number) == expected
            ), name
        assert run_filter(program, 0x40000003, number) == KILL
    assert run_filter(program, MACHINES[machine], 0x40000000) == KILL
    assert run_filter(program, MACHINES[machine], 0xFFFFFFFF) == KILL
    closed = seccomp.program(machine, 77, deny_open=True)
    assert (
        run_filter(
            closed, MACHINES[machine], system_calls.TABLES[machine]["openat"]
        )
        == DENY
    )
    assert (
        run_filter(
            closed, MACHINES[machine], system_calls.TABLES[machine]["read"]
        )
        == ALLOW
    )


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        ("kill", (77, 9), ALLOW),
        ("kill", (78, 9), DENY),
        ("kill", (2**32 - 1, 9), DENY),
        ("tgkill", (77, 99, 9), ALLOW),
        ("tgkill", (1, 99, 9), DENY),
        ("fcntl", (0, 3), ALLOW),
        ("fcntl", (0, 1030), ALLOW),
        ("fcntl", (0, 8), DENY),
        ("fcntl", (0, 10), DENY),
        ("ioctl", (0, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), DENY),
        ("prctl", (15, 0), ALLOW),
        ("prctl", (4, 1), DENY),
        ("clone", (17,), DENY),
        ("clone", (0x3D0F00,), 0x50000 | errno.EAGAIN),
        ("prlimit64", (0, 1, 0, 5), ALLOW),
        ("prlimit64", (77, 1, 0, 5), ALLOW),
        ("prlimit64", (78, 1, 0, 5), DENY),
        ("prlimit64", (0, 1, 5, 0), DENY),
        ("prlimit64", (0, 1, 5 << 32, 0), DENY),
    ],
)
def test_rules_by_argument(
    machine: str, call: str, arguments: tuple[int, ...], expected: int
) -> None:
    program = seccomp.program(machine, 77)
    assert (
        run_filter(
            program,
            MACHINES[machine],
            system_calls.TABLES[machine][call],
            *arguments,
        )
        == expected
    )


def test_the_lists_are_sound() -> None:
    allowed, denied = seccomp.ALLOWED.split(), seccomp.DENIED.split()
    assert len(allowed) == 137
    assert not set(allowed) & set(denied)
    assert {*allowed, *denied} <= set(system_calls.X86_64)
    for table in system_calls.TABLES.values():
        assert len(set(table.values())) == len(table)
