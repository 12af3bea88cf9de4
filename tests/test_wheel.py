"""A wheel built from the checkout and installed elsewhere grades: templates, exercise and data are in it.

It is called backprop-grader, as `grader` on the package index is another project's, and what an installer
writes under that name is hidden from students' code.
"""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import grader

ROOT = Path(__file__).parents[1]


def test_an_installed_wheel_grades(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"backprop_grader-{grader.__version__}-")
    site = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)

    (record,) = site.glob("backprop_grader-*.dist-info/RECORD")
    file = tmp_path / "mine.py"
    text = (
        ROOT / "submissions" / "practical3" / "attempt-backward-pass.py"
    ).read_text(encoding="utf-8")
    spy = f"\n\ndef dsigma(x):\n    open({str(record)!r}).close()\n    return 1 - x.tanh() ** 2\n"
    file.write_text(text + spy, encoding="utf-8")
    # the wheel's grader before the checkout's, and what it depends on from here
    boot = (
        f"import sys; sys.path[:0] = [{str(site)!r}, {sysconfig.get_path('purelib')!r}]; "
        "import grader; from grader.cli import main; "
        f"assert grader.__file__.startswith({str(site)!r}); main()"
    )
    command = [
        sys.executable,
        "-I",
        "-c",
        boot,
        "check",
        str(file),
        "--format",
        "json",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=clean(),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["functions"]["loss"]["status"] == "right"
    assert result["functions"]["backward_pass"]["misconceptions"] == [
        "not-implemented"
    ]
    if result["isolation"]["landlock"] == "enforced":
        denied = result["functions"]["dsigma"]["checks"][0]["message"]
        assert "PermissionError" in denied or "FileNotFoundError" in denied


def clean() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON")
    }
