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

from grader.sandbox.walls import bubblewrap, grants, levels, trials
from grader.sandbox.walls.confinement import ENFORCED, UNAVAILABLE

_MEANING = {
    "process": "student code runs in its own process, which ends with grader and cannot be traced",
    "rlimits": "memory, processor time, file sizes and open files are limited",
    "uid": "if grader runs as root, student code runs under an account that nobody uses",
    "landlock": "student code reads only Python's libraries, writes no file, uses no TCP",
    "seccomp": "only harmless system calls: no network, no processes, no changes to files",
    "bubblewrap": "all other files and processes are hidden",
}
_ADVICE = {
    "process": "Run grader on Linux; a virtual machine or a container will do.",
    "rlimits": "Mount /proc where grader runs.",
    "uid": "Let the container change accounts (CAP_SETUID, CAP_SETGID), or do not run grader as root.",
    "landlock": "Use Linux 5.13 or newer; add landlock to lsm= on the kernel's command line.",
    "seccomp": "Use a kernel with seccomp filters, on x86_64 or aarch64.",
    "bubblewrap": (
        "Install bubblewrap (apt install bubblewrap). If it is installed, allow user namespaces; on Ubuntu "
        "this takes an AppArmor profile for bwrap. grader is safe without it."
    ),
}
_VERDICT = {
    "none": "Nothing is enforced. Grade only code that you wrote.",
    "limits": "Student code could read your files and the answers. Grade only code that you trust.",
    "default": "Good: you can grade code from strangers here.",
    "best": "Best: you can grade code from strangers here, and it sees nothing of the machine.",
}


@dataclass(frozen=True)
class Layer:
    """One layer on this machine. `advice` is empty where nothing needs to be done."""

    name: str
    enforced: bool
    meaning: str
    why_not: str = ""
    advice: str = ""


@dataclass(frozen=True)
class MachineReport:
    """What this machine enforces."""

    level: str
    verdict: str
    system: str
    layers: tuple[Layer, ...]

    @property
    def good(self) -> bool:
        """Whether code from strangers can be graded here: the level is default or best."""
        return levels.is_at_least(self.level, "default")


def run(console: Console, as_json: bool) -> int:
    """Examine the machine and show the report. The exit status: 0 where it is good, else 1."""
    report = examine()
    if as_json:
        text = json.dumps(dataclasses.asdict(report), indent=1)
        sys.stdout.write(f"{text}\n")
    else:
        show(report, console)
    return 0 if report.good else 1


def examine() -> MachineReport:
    """Try every layer in new processes."""
    states = trials.probe()
    wrap = bubblewrap.find(grants.readable_paths())
    states["bubblewrap"] = wrap.state
    return report_of(states)


def report_of(states: Mapping[str, str]) -> MachineReport:
    """The report for these states of the layers: layer -> "enforced" or "unavailable: why"."""
    level = levels.level(states)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    facts = (
        f"{platform.system()} {platform.release()}",
        platform.machine(),
        f"Python {platform.python_version()}",
        "root" if is_root else "no special rights",
    )
    system = ", ".join(facts)
    layers = []
    for name, state in states.items():
        layers.append(_layer(name, state))
    return MachineReport(level, _VERDICT[level], system, tuple(layers))


def _layer(name: str, state: str) -> Layer:
    if state == ENFORCED:
        return Layer(name, True, _MEANING[name])
    why_not = state.removeprefix(UNAVAILABLE)
    advice = _ADVICE[name]
    if (name, why_not) == ("uid", "not root"):
        # only root can change accounts; others have no rights to give up
        advice = ""
    return Layer(name, False, _MEANING[name], why_not, advice)


def show(report: MachineReport, console: Console) -> None:
    """Print the report as a table, with the advice below it."""
    console.print(Text(report.system, style="dim"))
    table = Table(
        "Layer", "State", "What it does", box=None, padding=(0, 2, 0, 0)
    )
    for layer in report.layers:
        table.add_row(layer.name, _state_text(layer), layer.meaning)
    console.print(table)
    style = "green" if report.good else "bold red"
    console.print(
        Text(f"\nLevel: {report.level}. {report.verdict}", style=style)
    )
    for layer in report.layers:
        if layer.advice:
            console.print(Text(f"  {layer.name}: {layer.advice}"))


def _state_text(layer: Layer) -> Text:
    if layer.enforced:
        return Text("✓ enforced", style="green")
    if layer.advice:
        return Text(f"✗ {layer.why_not}", style="red")
    return Text(f"- {layer.why_not}", style="dim")
