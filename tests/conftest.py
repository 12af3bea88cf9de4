"""For all tests: torch in one thread, as where grader grades; on CI nothing is skipped for want of a tool.

How many cases a property is tried with: HYPOTHESIS_PROFILE=long tries 200 times as many of them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
import torch
from hypothesis import HealthCheck, settings

from grader.grading import pools

# Tests run in several processes. With threads of its own for each core in each of them, they wait for each
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
    "hypothesis",
    "xdist",
)

# nothing that is measured in time: this machine may be busy
settings.register_profile(
    "short",
    max_examples=25,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "long", settings.get_profile("short"), max_examples=5_000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


# A file's tests run in one process. Where the longest files come last, one process works alone in the end.
LONGEST = (
    "test_batch.py",
    "test_corpus.py",
    "test_golden.py",
    "test_resume.py",
    "test_runner.py",
    "test_checks.py",
    "test_attacks.py",
    "test_claims.py",
    "test_one_mistake.py",
    "test_fair_cases.py",
    "test_liars.py",
    "test_diagnosis_cases.py",
    "test_lifted_training.py",
    "test_browser.py",
    "test_cluster.py",
    "test_cli.py",
    "test_search.py",
    "test_conventions.py",
    "test_hostile_values.py",
    "test_tasks.py",
)


def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: each of them waits now and then for those that it has started."""
    return pools.cores() + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, in their order."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(LONGEST)))


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
