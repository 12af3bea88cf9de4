"""What a worker may read: libraries, and nothing of grader, of an instructor or of another process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.walls import grants

ROOT = Path(grants.__file__).parents[3]

GRANTS = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from grader.sandbox.walls import grants
print(json.dumps(grants.readable_paths()))
"""

# what installers write, whichever of the two names the distribution has
METADATA = ("grader-0.1.0.dist-info", "backprop_grader-0.1.0.dist-info")
FINDERS = (
    "__editable___grader_0_1_0_finder.py",
    "__editable___backprop_grader_0_1_0_finder.py",
)


def granted_beside(*path: Path) -> list[Path]:
    """`readable_paths()` where these folders come first on the path."""
    command = [
        sys.executable,
        "-I",
        "-B",
        "-c",
        GRANTS,
        json.dumps([str(p) for p in path]),
    ]
    text = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout
    return [Path(entry) for entry in json.loads(text)]


def install(folder: Path) -> None:
    """Copy the product's code to `folder`, as a wheel has it."""
    (folder / "grader" / "reference").mkdir(parents=True)
    (folder / "grader" / "__init__.py").touch()
    shutil.copytree(ROOT / "grader" / "sandbox", folder / "grader" / "sandbox")


def is_granted(path: Path, granted: list[Path]) -> bool:
    return any(path.resolve().is_relative_to(grant) for grant in granted)


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_grants_beside_an_installed_grader(tmp_path: Path, name: str) -> None:
    site = tmp_path / "lib" / name
    install(site)
    for entry in (
        *METADATA,
        "torchlike",
        "torchlike-1.dist-info",
        "graders_other",
    ):
        (site / entry).mkdir()
    (site / "link").symlink_to(site / "grader" / "reference")
    (site / "up").symlink_to(tmp_path)
    (site / "home").symlink_to(Path.home())
    granted = granted_beside(site)
    for entry in ("torchlike", "torchlike-1.dist-info", "graders_other"):
        assert is_granted(site / entry, granted)
    for entry in (
        "grader",
        "grader/reference",
        *METADATA,
        "link",
        "up",
        "home",
    ):
        assert not is_granted(site / entry, granted), entry
    assert is_granted(Path(os.__file__), granted)


def test_grants_beside_a_checkout(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    site = checkout / ".venv" / "lib" / "python3" / "site-packages"
    install(checkout)
    (checkout / "reference").mkdir()
    site.mkdir(parents=True)
    for entry in (*METADATA, "torchlike"):
        (site / entry).mkdir()
    (site / "_editable.pth").write_text(f"{checkout}\n")
    (site / "other.pth").write_text("/elsewhere\n")
    for finder in FINDERS:
        (site / finder).touch()
    (site / "link").symlink_to(checkout / "reference")
    granted = granted_beside(checkout, site)
    for inside in ("torchlike", "other.pth"):
        assert is_granted(site / inside, granted)
    for inside in (*METADATA, *FINDERS, "_editable.pth", "link"):
        assert not is_granted(site / inside, granted), inside
    for inside in ("grader", "reference", ".venv/lib", ""):
        assert not is_granted(checkout / inside, granted), inside


def test_what_is_private_is_carved_out(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    (site / "package" / "answers").mkdir(parents=True)
    (site / "package" / "code").mkdir()
    sys.path.append(str(site))
    try:
        granted = [
            Path(p)
            for p in grants.readable_paths([site / "package" / "answers"])
        ]
    finally:
        sys.path.remove(str(site))
    assert is_granted(site / "package" / "code", granted)
    assert not is_granted(site / "package" / "answers", granted)


def test_no_home_and_no_process_is_granted() -> None:
    granted = [Path(p) for p in grants.readable_paths()]
    for path in (
        Path.home(),
        Path("/"),
        Path("/proc/self"),
        Path("/proc/1"),
        Path("/etc/passwd"),
        Path("/tmp"),
    ):
        assert not is_granted(path, granted), path
    assert not is_granted(ROOT / "reference", granted)
    assert not is_granted(Path(grants.__file__), granted)
