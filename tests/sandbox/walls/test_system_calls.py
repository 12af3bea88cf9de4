"""The tables of system calls agree with Linux's own headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.sandbox.walls import system_calls


@pytest.mark.parametrize(
    ("table", "headers"),
    [
        (
            system_calls.X86_64,
            ["x86_64-linux-gnu/asm/unistd_64.h", "asm/unistd_64.h"],
        ),
        (system_calls.AARCH64, ["asm-generic/unistd.h"]),
    ],
    ids=["x86_64", "aarch64"],
)
def test_numbers_are_those_of_the_headers(
    table: dict[str, int], headers: list[str]
) -> None:
    found = [
        path
        for name in headers
        if (path := Path("/usr/include", name)).is_file()
    ]
    if not found:
        pytest.skip("Linux's headers are not installed")
    text = found[0].read_text()
    known = {
        name: int(n)
        for name, n in re.findall(
            r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text
        )
    }
    for alias, name in re.findall(
        r"#define\s+__NR_(\w+)\s+__NR3264_(\w+)", text
    ):
        known.setdefault(alias, known.get(name, -1))
    unknown = {name for name in table if name not in known}
    assert {name: table[name] for name in table if name in known} == {
        name: known[name] for name in table if name in known
    }
    assert unknown <= {"map_shadow_stack", "fchmodat2", "fadvise64"}
