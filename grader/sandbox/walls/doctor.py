"""`grader doctor`: what this machine enforces, layer by layer, tried for real, with advice."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.sandbox.host import bubblewrap
from grader.sandbox.walls import confinement, levels

_MEANING = {
    "process": "student code runs in a process of its own that ends with grader and cannot be traced",
    "rlimits": "memory, processor time, file sizes and open files are limited",
    "uid": "where grader runs as root, student code runs as an account of nobody",
    "landlock": "reads Python's libraries and nothing else, writes no file, no TCP",
    "seccomp": "harmless system calls only: no network, no processes, no changes to files",
    "bubblewrap": "other files and processes are not even to be seen",
}
_ADVICE = {
    "process": "Run grader on Linux, in a virtual machine or a container where need be.",
    "rlimits": "Mount /proc where grader runs.",
    "uid": "Give the container the right to change accounts (CAP_SETUID, CAP_SETGID), or do not run as root.",
    "landlock": "Use Linux 5.13 or newer; add landlock to lsm= on the kernel's command line.",
    "seccomp": "Use a kernel with seccomp filters, on x86_64 or aarch64.",
    "bubblewrap": (
        "Install bubblewrap (apt install bubblewrap). Where it is installed: allow user namespaces, on "
        "Ubuntu with an AppArmor profile for bwrap. grader is safe without it."
    ),
}
_LEVELS = {
    "none": "Nothing is enforced. Grade only code that you wrote.",
    "limits": "Student code could read your files and the answers. Grade only code that you trust.",
    "default": "Good: the code of strangers can be graded here.",
    "best": "Best: the code of strangers can be graded here, and sees nothing of the machine.",
}


@dataclass(frozen=True)
class Layer:
    """One layer on this machine. `advice` is empty where nothing is to be done."""

    name: str
    enforced: bool
    meaning: str
    why_not: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What this machine enforces."""

    level: str
    verdict: str
    system: str
    layers: tuple[Layer, ...]


def diagnose() -> Diagnosis:
    """Try every layer in new processes."""
    states = confinement.probe()
    found = bubblewrap(confinement.readable_paths())
    states["bubblewrap"] = f"unavailable: {found}" if isinstance(found, str) else confinement.ENFORCED
    return of(states)


def of(states: Mapping[str, str]) -> Diagnosis:
    """The diagnosis of an isolation report, layer -> state."""
    level = levels.level(states)
    account = "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "no special rights"
    system = (
        f"{platform.system()} {platform.release()}, {platform.machine()}, Python {platform.python_version()}"
    )
    layers = tuple(_layer(name, state) for name, state in states.items())
    return Diagnosis(level, _LEVELS[level], f"{system}, {account}", layers)


def _layer(name: str, state: str) -> Layer:
    if state == confinement.ENFORCED:
        return Layer(name, True, _MEANING[name])
    why = state.removeprefix("unavailable: ")
    # an account of nobody is for root alone; others have nothing to give up
    advice = "" if (name, why) == ("uid", "not root") else _ADVICE[name]
    return Layer(name, False, _MEANING[name], why, advice)


def run(console: Console, as_json: bool) -> int:
    """Show the diagnosis. 0 where strangers' code can be graded (default or best), else 1."""
    diagnosis = diagnose()
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(diagnosis), indent=1) + "\n")
    else:
        show(diagnosis, console)
    return 0 if levels.LEVELS.index(diagnosis.level) >= levels.LEVELS.index("default") else 1


def show(diagnosis: Diagnosis, console: Console) -> None:
    """The diagnosis as a table, and what to do below it."""
    console.print(Text(diagnosis.system, style="dim"))
    table = Table("Layer", "State", "What it does", box=None, padding=(0, 2, 0, 0))
    for layer in diagnosis.layers:
        needed = layer.enforced or not layer.advice
        state = "✓ enforced" if layer.enforced else f"{'-' if needed else '✗'} {layer.why_not}"
        style = "green" if layer.enforced else "dim" if needed else "red"
        table.add_row(layer.name, Text(state, style=style), layer.meaning)
    console.print(table)
    good = diagnosis.level in ("default", "best")
    console.print(
        Text(f"\nLevel: {diagnosis.level}. {diagnosis.verdict}", style="green" if good else "bold red")
    )
    for layer in diagnosis.layers:
        if layer.advice:
            console.print(Text(f"  {layer.name}: {layer.advice}"))
