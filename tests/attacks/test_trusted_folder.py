"""Nothing that lies in a submission's folder runs in the trusted process, however grader is called.

Each trap, where it runs, leaves a mark beside the grades. Some traps' names are those that grader imports.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RIGHT = ROOT / "submissions" / "practical3" / "right-batched.py"
TRAP = "import os\nopen(os.environ['MARK'], 'a').write(__file__ + '\\n')\n"
MODULES = (
    "conftest", "sitecustomize", "usercustomize", "torch", "typer", "rich", "pytest", "random", "socket",
    "threading", "signal", "pickle", "exercise", "solution", "inputs", "test_sigma", "pytest_metadata",
)  # fmt: skip
PACKAGES = (
    "numpy",
    "multiprocessing",
    "concurrent",
    "jinja2",
    "reference",
    "checks",
)
INI = "[pytest]\naddopts = -p trap\npythonpath = .\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission's folder full of traps, with a right solution among them."""
    made = tmp_path / "handed-in" / "student"
    made.mkdir(parents=True)
    shutil.copy(RIGHT, made / "mine.py")
    for name in MODULES:
        (made / f"{name}.py").write_text(TRAP)
    for name in PACKAGES:
        (made / name).mkdir()
        (made / name / "__init__.py").write_text(TRAP)
    (made / "trap.py").write_text(TRAP)
    (made / "trap.pth").write_text(f"import os; exec({TRAP!r})\n")
    (made / "pytest.ini").write_text(INI)
    (made / "tox.ini").write_text(INI)
    (made / "setup.cfg").write_text(INI.replace("[pytest]", "[tool:pytest]"))
    (made / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "-p trap"\npythonpath = ["."]\n'
    )
    (made / ".env").write_text("PYTHONSTARTUP=trap.py\n")
    return made


def call(
    command: list[str], cwd: Path, tmp_path: Path, **environment: str
) -> str:
    """What the command prints; the marks of traps are looked at."""
    mark = tmp_path / "mark"
    kept = {
        n: v
        for n, v in os.environ.items()
        if not n.startswith(("PYTHON", "PYTEST", "COV"))
    }
    variables = kept | {"MARK": str(mark)} | environment
    done = subprocess.run(
        command,
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert not mark.exists(), mark.read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script() -> list[str]:
    """The installed command."""
    found = Path(sys.executable).with_name("grader")
    if not found.exists():
        pytest.skip("grader is not installed")
    return [str(found)]


def test_the_command(folder: Path, tmp_path: Path) -> None:
    said = call(
        [*script(), "grade", ".", "--out", str(tmp_path / "out")],
        folder,
        tmp_path,
    )
    assert "20" in said


def test_several_processes(folder: Path, tmp_path: Path) -> None:
    """Processes that are started for the work begin with imports of their own."""
    command = [
        *script(),
        "grade",
        "..",
        "../student/mine.py",
        "--jobs",
        "2",
        "--out",
        str(tmp_path / "out"),
    ]
    call(command, folder, tmp_path)


def test_the_module(folder: Path, tmp_path: Path) -> None:
    """`python -m` puts the current folder first: all but the package's own name is safe there."""
    script()
    said = call(
        [sys.executable, "-m", "grader", "check", "mine.py"], folder, tmp_path
    )
    assert "20" in said


def test_pytest_variables(folder: Path, tmp_path: Path) -> None:
    variables = {"PYTEST_ADDOPTS": "-p trap", "PYTEST_PLUGINS": "trap"}
    call([*script(), "check", "mine.py"], folder, tmp_path, **variables)


def test_a_trap_can_run(folder: Path, tmp_path: Path) -> None:
    """The traps work where nothing keeps the current folder off the path."""
    with pytest.raises(AssertionError, match=r"socket\.py"):
        call([sys.executable, "-c", "import socket"], folder, tmp_path)
