"""For all tests: torch in one thread, as where grader grades; on CI nothing is skipped for want of a tool."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
import torch

# Tests run in one process per core. With threads of its own for each core in each of them, they wait for each
# other: on a busy machine some tests took more than ten times as long.
torch.set_num_threads(1)

PROGRAMS = ("chromium", "bwrap", "git")
MODULES = (
    "playwright",
    "axe_playwright_python",
    "distributed",
    "ruff",
    "mypy",
    "build",
    "hatchling",
    "syrupy",
    "xdist",
)


def pytest_configure() -> None:
    """Refuse to run where CI=true and a tool is missing, without which tests would be skipped."""
    if os.environ.get("CI") != "true":
        return
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    missing += [
        name for name in MODULES if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise pytest.UsageError(
            f"CI=true, and there is no {', no '.join(missing)}; .ci/run installs them."
        )
