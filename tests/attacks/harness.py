"""Runs hostile submissions, and looks afterwards at what they can have harmed.

A `Target` is what there is to attack: files like an instructor's, a process, servers, another student's
worker. A `Range` runs attacks against it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

import grader
from grader.errors import StudentFailure
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission
from grader.results import Result
from grader.sandbox.calls import Calls
from grader.sandbox.loading import LoadedSubmission
from grader.sandbox.walls.confinement import LAYERS

HERE = Path(__file__).resolve().parent
SUBMISSIONS = HERE / "submissions"
KEY = "ANSWER-7c1f0a9b"  # stands in the answers, in a check's folder, in a key: nothing shown may hold it
SECRET = "INSTRUCTORS-SECRET-51c2"


class Target:
    """What there is to attack. A context manager; `reset` puts the files back."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="grader-target-"))
        self.folder.chmod(0o755)
        self.shared = Path(tempfile.mkdtemp(prefix="grader-shared-"))
        self.shared.chmod(0o777)
        self.bystander = subprocess.Popen(
            ["sleep", "600"], stdin=subprocess.DEVNULL, env={"SECRET": SECRET}
        )
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.folder / "service"))
        self.unix.listen()
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind(f"\0grader-attack-{os.getpid()}")
        self.abstract.listen()
        self.told: dict[str, Any] = {}
        self.reset()

    def describe(self, path: Path) -> None:
        """Write down, for the attacks, what there is."""
        self.told = {
            "folder": str(self.folder),
            "shared": str(self.shared),
            "solution": str(HERE / "exercise" / "solution.py"),
            "check": str(HERE / "exercise" / "checks" / "test_attack.py"),
            "grader": str(Path(grader.__file__).parent),
            "trusted": os.getpid(),
            "bystander": self.bystander.pid,
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "abstract": f"grader-attack-{os.getpid()}",
        }
        path.write_text(json.dumps(self.told))

    def reset(self) -> None:
        """Make the files as they are to be."""
        for folder in (self.folder, self.shared):
            for path in folder.iterdir():
                if path.name != "service":
                    shutil.rmtree(
                        path
                    ) if path.is_dir() and not path.is_symlink() else path.unlink()
        (self.folder / "victim").write_text(f"the marks of everybody {SECRET}")
        (self.folder / "other.py").write_text(
            f"# another student's work {SECRET}\n"
        )
        (self.folder / "empty").mkdir()
        (self.folder / "home" / ".ssh").mkdir(parents=True, mode=0o700)
        (self.folder / "home" / ".ssh" / "id_rsa").write_text(
            f"a private key {KEY}"
        )
        (self.folder / "home" / ".ssh" / "id_rsa").chmod(0o600)

    def state(self) -> dict[str, Any]:
        """Everything that must be the same afterwards: bytes, modes, times, attributes; the bystander."""
        found: dict[str, Any] = {}
        for path in sorted(
            p
            for root in (self.folder, self.shared)
            for p in (root, *root.rglob("*"))
        ):
            about = path.lstat()
            data = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
            times = about.st_mtime_ns, about.st_ctime_ns
            digest = hashlib.sha256(data).hexdigest()
            found[str(path)] = (
                about.st_mode,
                about.st_uid,
                about.st_nlink,
                times,
                os.listxattr(path),
                digest,
            )
        pid = self.bystander.pid
        alive = self.bystander.poll() is None
        limits = Path(f"/proc/{pid}/limits").read_text() if alive else ""
        # bystander, trusted process
        nice = [
            os.getpriority(os.PRIO_PROCESS, p)
            for p in (pid, os.getpid())
            if alive
        ]
        found["processes"] = (
            alive,
            limits,
            nice,
            os.sched_getaffinity(pid) if alive else None,
        )
        return found

    def heard(self) -> list[str]:
        """Which of the servers was talked to since the last time."""
        spoken = []
        for name, server in {
            "tcp": self.tcp,
            "unix": self.unix,
            "abstract": self.abstract,
        }.items():
            server.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    server.accept()[0].close()
                    spoken.append(name)
        self.udp.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.udp.recv(1000)
                spoken.append("udp")
        return spoken

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *exc: object) -> None:
        self.bystander.kill()
        self.bystander.wait()
        for server in (self.tcp, self.udp, self.unix, self.abstract):
            server.close()
        shutil.rmtree(self.folder)
        shutil.rmtree(self.shared)


@dataclass(frozen=True)
class Strike:
    """One attack's course: what it printed and how it ended, in the grader's words."""

    printed: str
    ending: str

    @property
    def ran(self) -> bool:
        """Whether the deed was begun."""
        return "RAN" in self.printed

    @property
    def worked(self) -> bool:
        """Whether the deed was done."""
        return "PROOF" in self.printed


class Range:
    """Where attacks are run: a session in one tier, and a sibling that works beside them."""

    def __init__(
        self,
        target: Target,
        bubblewrap: bool,
        exercise: Path = HERE / "exercise",
    ) -> None:
        self.target = target
        self.exercise = Exercise.load(str(exercise))
        self.folder = tempfile.TemporaryDirectory()
        told = Path(self.folder.name, "told.json")
        target.describe(told)
        self.session = Session(
            self.exercise, data=str(told), bubblewrap=bubblewrap
        )
        self.sibling = self.calls_of(submission.from_file(find("honest")))
        self.sibling.may_take(3600)

    def calls_of(self, one: submission.Submission, **policy: Any) -> Calls:
        """The calls of a submission, under the session's policy with these changes."""
        changed = dataclasses.replace(self.session._policy, **policy)
        return Calls(self.session.zygote, changed, self.exercise, one)

    def strike(
        self, name: str, layers: Sequence[str] = LAYERS, **policy: Any
    ) -> Strike:
        """Run the attack alone, under these layers."""
        one = submission.from_file(find(name))
        with self.calls_of(one, layers=tuple(layers), **policy) as calls:
            ending = "returned"
            try:
                reply = calls.call("attack", (torch.ones(3),))
                if reply.error is not None:
                    ending = f"{reply.error.kind}: {reply.error.text}"
            except StudentFailure as failure:
                ending = str(failure)
            return Strike(calls.printed, ending)

    def grade(self, name: str) -> tuple[Result, Strike]:
        """Grade the whole submission, as the command does."""
        return self.grade_submission(submission.from_file(find(name)))

    def grade_submission(
        self, one: submission.Submission
    ) -> tuple[Result, Strike]:
        """The same, for a submission that is no file here."""
        with _recorded() as said:
            result = self.session.grade(one)
        ending = "; ".join(
            c.message
            for f in result.functions.values()
            for c in f.checks
            if c.message
        )
        return result, Strike(
            "".join(said), " ".join((ending, *map(str, result.notices)))
        )

    def unharmed(self) -> bool:
        """Whether the sibling, loaded before the attacks, and the zygote go on as if nothing had been."""
        value = self.sibling.student.before(torch.tensor([1.0, 2.0]))
        return self.session.zygote.alive and value.tolist() == [2.0, 3.0]

    def close(self) -> None:
        """End the session."""
        self.sibling.close()
        self.session.close()
        self.folder.cleanup()


@contextlib.contextmanager
def _recorded() -> Iterator[list[str]]:
    """What submissions print meanwhile: a result does not show it."""
    said: list[str] = []
    keep_printed = LoadedSubmission._keep_printed

    def recorded(self: LoadedSubmission, worker: Any) -> None:
        keep_printed(self, worker)
        said.append(self.printed)  # each worker's anew

    LoadedSubmission._keep_printed = recorded  # type: ignore[method-assign]
    try:
        yield said
    finally:
        LoadedSubmission._keep_printed = keep_printed  # type: ignore[method-assign]


def find(name: str) -> Path:
    """The hostile submission of that name."""
    (path,) = SUBMISSIONS.glob(f"{name}.*")
    return path


def unprivileged_python(folder: Path) -> tuple[Path, dict[str, str]]:
    """A copy of this Python that an account without rights can run, with this one's packages.

    Returns its path, and the environment variables that it needs: a Python built with a shared libpython
    has the library's own folder written into it, which may be closed to that account.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = folder / "base"

    def leave(_: str, names: list[str]) -> list[str]:
        return [
            n
            for n in names
            if n
            in {"test", "site-packages", "__pycache__", "idlelib", "ensurepip"}
        ]

    (base / "bin").mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), base / "bin" / version)
    shutil.copytree(
        Path(os.__file__).parent,
        base / "lib" / version,
        ignore=leave,
        symlinks=True,
    )
    for name, library in own_libraries(base / "bin" / version).items():
        shutil.copy2(library, base / "lib" / name)
    own = folder / "own"
    site = own / "lib" / version / "site-packages"
    site.mkdir(parents=True)
    (own / "bin").mkdir()
    (own / "bin" / "python").symlink_to(base / "bin" / version)
    (own / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\n")
    packages = [
        entry
        for entry in sys.path
        if Path(entry).name in ("site-packages", "dist-packages")
    ]
    (site / "packages.pth").write_text(
        "".join(f"{entry}\n" for entry in packages)
    )
    return own / "bin" / "python", {"LD_LIBRARY_PATH": str(base / "lib")}


def own_libraries(python: Path) -> dict[str, Path]:
    """The shared libraries in Python's own folder that it or its standard library loads: name -> path."""
    extensions = Path(sysconfig.get_path("platstdlib"), "lib-dynload").glob(
        "*.so"
    )
    loaders = [python, *extensions]
    said = subprocess.run(
        ["ldd", *loaders], capture_output=True, text=True, check=True
    ).stdout
    found = {
        name: Path(path) for name, path in re.findall(r"(\S+) => (/\S+)", said)
    }
    prefix = Path(sys.base_prefix).resolve()
    return {
        name: path
        for name, path in found.items()
        if path.resolve().is_relative_to(prefix)
    }
