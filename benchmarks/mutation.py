"""Do the tests bite: every small edit of a module, and whether the module's fast tests notice; one command.

    pip install cosmic-ray
    python benchmarks/mutation.py [--sample N] [--seed 0] [MODULE ...]

The edits are cosmic-ray's: another operator, comparison or number, a condition turned round, a decorator or a
loop left out, `break` for `continue`, another exception. Annotations are left alone. Each edit is made in a
copy of the repository, and the tests run in a process that is forked from one with torch loaded. What is
printed has not been noticed: either a test is missing, or the edit changes nothing that anybody can see.
TESTING.md holds the figures, and the edits of the second kind.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# loaded before the first fork, as each takes longer than the tests do
import nbformat  # noqa: F401
import numpy  # noqa: F401
import pydantic  # noqa: F401
import pytest
import torch
from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.operators.provider import OperatorProvider

ROOT = Path(__file__).parents[1]
COPIED = ("grader", "reference", "templates", "submissions", "tests")
# module -> the tests of its own, which run first; then those of the others
MODULES = {
    "grader/checking/comparison.py": "tests/checking/test_comparison.py",
    "grader/checking/follow_through.py": "tests/checking/test_follow_through.py",
    "grader/checking/judge.py": "tests/checking/test_judge.py",
    "grader/checking/marks.py": "tests/checking/test_marks.py",
    "grader/sandbox/protocol.py": "tests/sandbox/test_protocol.py",
}
# quick: without what explains a failure
OPTIONS = ("-x", "-q", "--assert=plain", "--tb=no", "-p", "no:cacheprovider")
SECONDS = (
    120  # a test run that takes longer has noticed that something never ends
)
# these take arguments of their own
LEFT_OUT = ("VariableReplacer", "VariableInserter")


class Edit(NamedTuple):
    """One edit of a module: how it is told, and the module's source with it."""

    module: str
    told: str
    source: str


def edits(module: str) -> Iterator[Edit]:
    """Every edit of a module that changes more than its annotations, once."""
    source = (ROOT / module).read_text(encoding="utf-8")
    seen = {meaning(source)}
    provider = OperatorProvider()
    for name in provider:
        if name in LEFT_OUT:
            continue
        for edited in edited_sources(source, provider[name]()):
            if meaning(edited) not in seen:
                seen.add(meaning(edited))
                yield Edit(module, told(source, edited), edited)


def edited_sources(source: str, operator: object) -> Iterator[str]:
    """The source with the operator applied at its first place, its second and so on."""
    occurrence = 0
    while True:
        edited = MutationVisitor.mutate_code(source, operator, occurrence)
        if edited is None:
            return
        yield edited
        occurrence += 1


def meaning(source: str) -> str:
    """What Python makes of a source, without annotations; nothing where it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def told(before: str, after: str) -> str:
    """The lines that differ, with the number of the first."""
    first = ""
    lines = []
    for line in difflib.unified_diff(
        before.splitlines(), after.splitlines(), n=0, lineterm=""
    ):
        if line.startswith("@@") and not first:
            first = line.split()[1].removeprefix("-").split(",")[0]
        elif not line.startswith(("@@", "---", "+++")):
            lines.append(f"{line[0]} {line[1:].strip()}")
    return f"line {first}:  " + "   ".join(lines)


def noticed(copy: Path, edit: Edit) -> bool:
    """Whether a test fails, or never ends, with this edit."""
    target = copy / edit.module
    whole = target.read_text(encoding="utf-8")
    target.write_text(edit.source, encoding="utf-8")
    process = os.fork()
    if not process:
        run_tests(copy, edit.module)
    try:
        return status_of(process) != 0
    finally:
        target.write_text(whole, encoding="utf-8")


def run_tests(copy: Path, module: str) -> None:
    """In the forked process: the tests, and its end."""
    os.setpgid(0, 0)
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    sys.dont_write_bytecode = True
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    others = [tests for tests in MODULES.values() if tests != MODULES[module]]
    os._exit(pytest.main([*OPTIONS, MODULES[module], *others]))


def status_of(process: int) -> int:
    """How the process ended; it is ended after SECONDS."""
    started = time.monotonic()
    while time.monotonic() - started < SECONDS:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.02)
    os.killpg(process, signal.SIGKILL)
    return os.waitpid(process, 0)[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--sample", type=int, help="so many edits of each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.unravel_index(torch.tensor(0), (1,))  # it loads sympy
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name)
        shutil.copy(ROOT / "pyproject.toml", copy)
        for module in options.modules or MODULES:
            measure(copy, module, options.sample, options.seed)


def measure(copy: Path, module: str, sample: int | None, seed: int) -> None:
    """Try the edits of one module, and print those that nothing notices."""
    source = (ROOT / module).read_text(encoding="utf-8")
    if noticed(copy, Edit(module, "", source)):
        raise SystemExit(f"the tests fail without an edit of {module}")
    tried = list(edits(module))
    total = len(tried)
    if sample is not None and sample < total:
        tried = random.Random(seed).sample(tried, sample)
    survivors = 0
    for edit in tried:
        if not noticed(copy, edit):
            survivors += 1
            print(f"{module}, {edit.told}", flush=True)
    print(
        f"{module}: {len(tried) - survivors} of {len(tried)} edits noticed"
        f" ({total} can be made)",
        flush=True,
    )


if __name__ == "__main__":
    main()
