"""A wheel built from the checkout and installed elsewhere grades: templates, exercise and data are in it."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_an_installed_wheel_grades(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    file = tmp_path / "mine.py"
    file.write_bytes((ROOT / "submissions" / "practical3" / "attempt-backward-pass.py").read_bytes())
    # the wheel's grader before the checkout's, and what it depends on from here
    boot = (
        f"import sys; sys.path[:0] = [{str(site)!r}, {sysconfig.get_path('purelib')!r}]; "
        "import grader; from grader.cli import main; "
        f"assert grader.__file__.startswith({str(site)!r}); main()"
    )
    command = [sys.executable, "-I", "-c", boot, "check", str(file), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=clean())
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["score"] == 14
    assert result["functions"]["backward_pass"]["misconceptions"] == ["not-implemented"]


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
