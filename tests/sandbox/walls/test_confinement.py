"""The layers of confinement on this machine's own kernel: what each stops alone, and that work goes on.

An attack is a piece of code that ends with an exception or a signal where it is stopped, and runs to its
end where it is not. Each one is first run with no layer at all, so that 'stopped' never means 'cannot run'.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.sandbox.walls import confinement, grants, landlock, system_calls
from grader.sandbox.walls.confinement import LAYERS, Policy

ROOT = Path(confinement.__file__).parents[3]
READABLE = grants.readable_paths()
ABI = landlock.abi()
LINUX = sys.platform.startswith("linux")
IS_ROOT = os.geteuid() == 0

# Forks a worker for each line it reads: a policy and the code to run. Answers with what came of it.
ZYGOTE = """
import json, os, signal, sys, tempfile
import ctypes, fcntl, mmap, resource, socket, threading, time  # the attacks': not all can import them
import numpy.random, torch
sys.path.insert(0, sys.argv[1])
from grader.sandbox.walls import confinement
sys.path.remove(sys.argv[1])

torch.set_num_threads(1)
str(torch.tanh(torch.ones(2, 2) @ torch.ones(2)))
if sys.argv[2] != "same":
    os.setgroups([])
    os.setresgid(*[int(sys.argv[2])] * 3)
    os.setresuid(*[int(sys.argv[2])] * 3)
elif os.geteuid() == 0:
    os.setgroups([1, 2])  # for the worker to leave
confinement.forbid_tracing()
folder = tempfile.mkdtemp()
os.chmod(folder, 0o755)
tempfile.tempdir = None
ready = {}
print(json.dumps({"folder": folder, "lazy": os.access(os.__file__, os.R_OK)}), flush=True)


def worker(policy, code, answer):
    key = json.dumps(policy)
    if key not in ready:
        ready[key] = confinement.prepare(confinement.Policy.from_json(policy))
    prepared = ready[key]
    child = os.fork()
    if child:
        return child
    result = {"layers": confinement.confine(prepared), "error": None, "value": None}
    names = {"torch": torch, "numpy": numpy, "os": os, "folder": folder, "victim": folder + "/victim"}
    try:
        exec(code, names)
        result["value"] = repr(names.get("value"))
    except BaseException as error:
        result["error"] = type(error).__name__ + ": " + str(error)
    os.write(answer, json.dumps(result).encode())
    os._exit(0)


for line in sys.stdin:
    with open(folder + "/victim", "w") as file:
        file.write("answers")
    receiver, sender = os.pipe()
    order = json.loads(line)
    child = worker(order["policy"], order["code"], sender)
    os.close(sender)
    if order["code"].startswith("# stay"):
        print(child, flush=True)
        continue
    text = os.read(receiver, 1 << 16)
    os.close(receiver)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps({"status": status, **(json.loads(text) if text else {})}), flush=True)
"""


# an attack that ends with one of these has not been stopped: it never ran
MISTAKES = (
    "NameError",
    "SyntaxError",
    "ImportError",
    "ModuleNotFoundError",
    "LookupError",
    "TypeError",
)


class Zygote:
    """A process with torch that forks workers, under this account or another."""

    def __init__(self, account: str) -> None:
        command = [
            sys.executable,
            "-I",
            "-B",
            "-c",
            ZYGOTE,
            str(ROOT),
            account,
        ]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
        )
        self.is_root = IS_ROOT and account == "same"
        self.about = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def send(self, code: str, **policy: Any) -> Any:
        """Run the code in a worker; with a dictionary of status, layers, error and value for an answer."""
        whole = {"readable": READABLE, "memory_bytes": 512 << 20} | policy
        whole.setdefault(
            "uid", confinement.spare_account() if self.is_root else None
        )
        assert self.process.stdin is not None
        order = {"policy": Policy(**whole).to_json(), "code": code}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def stops(self, code: str, **policy: Any) -> bool:
        """Whether the code was stopped."""
        answer = self.send(code, **policy)
        error = (answer.get("error") or "").partition(":")[0]
        assert answer["status"] != confinement.FAILED
        assert error not in MISTAKES, answer
        return answer["status"] != 0 or bool(error)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        shutil.rmtree(self.about["folder"])


def accounts() -> list[str]:
    spare = confinement.spare_account()
    return ["same"] if spare is None else ["same", str(spare + 1)]


@pytest.fixture(
    scope="module",
    params=accounts(),
    ids=lambda a: "own account" if a == "same" else "unprivileged",
)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    process = Zygote(request.param)
    yield process
    process.close()


needs_linux = pytest.mark.skipif(not LINUX, reason="these layers are Linux's")


def available(zygote: Zygote) -> set[str]:
    layers = {layer for layer in LAYERS if layer != "uid" or zygote.is_root}
    return layers if ABI else layers - {"landlock"}


# --- work goes on ------------------------------------------------------------------------------------------

WORK = {
    "autograd": "w = torch.randn(9, 9, requires_grad=True); (w @ w).tanh().sum().backward(); w.grad.norm()",
    "initialise": "torch.empty(50, 784).normal_(0, 1e-6)",
    "numpy": "numpy.linalg.svd(numpy.random.rand(9, 9))",
    "print": "print(torch.randn(3), file=open('/dev/null', 'w'))",
    "own signals": "import signal; signal.signal(10, lambda *_: 0); os.kill(os.getpid(), 10)",
    "recursion": "def f(n): return f(n + 1)\ntry: f(0)\nexcept RecursionError: pass",
    "processors": "assert os.cpu_count() and len(os.sched_getaffinity(0))",
}
LAZY = {
    "standard library": "import sqlite3, decimal, csv, fractions, zipfile, email.mime.text, encodings.cp1252",
    "packages": "import numpy.polynomial, torch.distributions, torch.utils.data",
    "time zones": "import zoneinfo; zoneinfo.ZoneInfo('Europe/Zurich')",
    "another package": "import sympy",
}


@pytest.mark.parametrize("name", WORK)
@needs_linux
def test_work_goes_on(zygote: Zygote, name: str) -> None:
    answer = zygote.send(WORK[name])
    assert (answer["status"], answer["error"]) == (0, None)
    assert {
        layer
        for layer, state in answer["layers"].items()
        if state == "enforced"
    } == available(zygote)


@pytest.mark.parametrize("name", LAZY)
@needs_linux
def test_lazy_imports_go_on(zygote: Zygote, name: str) -> None:
    if not ABI:
        pytest.skip("without Landlock nothing can be opened")
    if not zygote.about["lazy"]:
        pytest.skip(
            "this Python lies in a folder that is closed to the unprivileged account"
        )
    assert zygote.send(LAZY[name])["error"] is None


# --- what each layer stops ---------------------------------------------------------------------------------

PRCTL = "import ctypes; prctl = ctypes.CDLL(None).prctl\n"
CALL = "import ctypes; call = ctypes.CDLL(None, use_errno=True).syscall\n"
# name -> the code, and each layer that stops it alone; "uid" counts where the zygote is root
ATTACKS: dict[str, tuple[str, str]] = {
    "reads a file": ("open(victim).read()", "landlock"),
    "lists a folder": ("os.listdir(folder)", "landlock"),
    "reads of the zygote": (
        "open(f'/proc/{os.getppid()}/cmdline').read(1)",
        "landlock",
    ),
    "creates a file": (
        "open(folder + '/new', 'x'); os.unlink(folder + '/new')",
        "landlock uid",
    ),
    "writes to a file": (
        "f = open(victim, 'w'); f.write('x'); f.flush()",
        "landlock uid rlimits",
    ),
    "empties a file": (
        "os.open(victim, os.O_RDONLY | os.O_TRUNC)",
        "landlock uid",
    ),
    "removes a file": ("os.unlink(victim)", "landlock uid"),
    "makes a folder": (
        "os.mkdir(folder + '/d'); os.rmdir(folder + '/d')",
        "landlock uid",
    ),
    "renames": (
        "os.rename(victim, victim + '2'); os.rename(victim + '2', victim)",
        "landlock uid",
    ),
    "links": (
        "os.symlink('/', folder + '/l'); os.unlink(folder + '/l')",
        "landlock seccomp uid",
    ),
    "changes a mode": ("os.chmod(victim, 0o600)", "seccomp uid"),
    "changes times": ("os.utime(victim, (0, 0))", "seccomp uid"),
    "runs a program": ("os.execv('/bin/true', ['true'])", "landlock seccomp"),
    "forks": ("if os.fork() == 0: os._exit(0)", "seccomp"),
    "starts a thread": (
        "import threading; threading.Thread(target=int).start()",
        "seccomp",
    ),
    "signals the zygote": ("os.kill(os.getppid(), 0)", "landlock seccomp uid"),
    "opens a pidfd": ("os.pidfd_open(os.getppid())", "seccomp"),
    "slows the zygote": (
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
        "seccomp uid",
    ),
    "talks TCP": (
        "import socket; socket.socket().connect(('127.0.0.1', PORT))",
        "landlock seccomp",
    ),
    "listens": (
        "import socket; socket.create_server(('127.0.0.1', 0)).close()",
        "landlock seccomp",
    ),
    "talks UDP": (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
        "seccomp",
    ),
    "talks to an abstract socket": (
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0grader-test-PORT')",
        "landlock seccomp",
    ),
    "watches a folder": (CALL + "assert call(INOTIFY, 0) >= 0", "seccomp"),
    "shares memory": (
        CALL + "assert call(SHMGET, 0, 4096, 0o1600) >= 0",
        "seccomp",
    ),
    "takes 1 GB": ("import mmap; mmap.mmap(-1, 1 << 30)", "rlimits"),
    "opens 100 files": (
        "kept = [open('/dev/null') for _ in range(100)]",
        "rlimits",
    ),
    "raises a limit": (
        "import resource as r; r.setrlimit(r.RLIMIT_CORE, r.getrlimit(r.RLIMIT_CORE))",
        "seccomp",
    ),
    "can be traced": (
        PRCTL + "assert prctl(3, 0, 0, 0, 0) or prctl(4, 1, 0, 0, 0) == 0",
        "seccomp",
    ),
    "owns a descriptor's signals": (
        "import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())",
        "seccomp",
    ),
}
SINCE = {
    "talks TCP": 4,
    "listens": 4,
    "signals the zygote": 6,
    "talks to an abstract socket": 6,
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A TCP port that listens, its number being an abstract socket's name too."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        number = tcp.getsockname()[1]
        unix.bind(f"\0grader-test-{number}")
        unix.listen()
        yield number


def code_of(attack: str, port: int) -> str:
    numbers = system_calls.numbers()
    return (
        ATTACKS[attack][0]
        .replace("PORT", str(port))
        .replace("INOTIFY", str(numbers["inotify_init1"]))
        .replace("SHMGET", str(numbers["shmget"]))
    )


@pytest.mark.parametrize("attack", ATTACKS)
@needs_linux
def test_what_stops_an_attack(zygote: Zygote, attack: str, port: int) -> None:
    code = code_of(attack, port)
    assert not zygote.stops(code, layers=()), (
        "it must run where nothing stops it"
    )
    stoppers = set(ATTACKS[attack][1].split()) & available(zygote)
    if SINCE.get(attack, 0) > ABI:
        stoppers.discard("landlock")
    for layer in available(zygote):
        policy = {"layers": (layer,)} | ({"landlock_abi": ABI} if ABI else {})
        assert zygote.stops(code, **policy) == (layer in stoppers), layer
    assert zygote.stops(code), "it must be stopped with all layers"
    assert Path(zygote.about["folder"], "victim").read_text() == "answers"


@needs_linux
def test_a_busy_loop_is_ended(zygote: Zygote) -> None:
    assert (
        zygote.send("while True: pass", cpu_seconds=1)["status"]
        == -signal.SIGXCPU
    )


@pytest.mark.parametrize("abi", [1, 2, 4])
@needs_linux
def test_older_landlocks(zygote: Zygote, abi: int, port: int) -> None:
    if abi > ABI:
        pytest.skip(f"this kernel's Landlock has ABI {ABI}")
    victim = zygote.about["folder"] + "/victim"
    empties = ATTACKS["empties a file"][0]
    assert zygote.stops(
        empties,
        landlock_abi=abi,
        readable=(*READABLE, victim),
        layers=("landlock", "seccomp"),
    )
    for attack in (
        "reads a file",
        "removes a file",
        "talks TCP",
        "signals the zygote",
    ):
        assert zygote.stops(code_of(attack, port), landlock_abi=abi), attack
    assert (
        zygote.send("numpy.linalg.svd(numpy.eye(3))", landlock_abi=abi)[
            "error"
        ]
        is None
    )


@needs_linux
def test_without_landlock_nothing_is_opened(zygote: Zygote) -> None:
    for attack in (
        "reads a file",
        "creates a file",
        "removes a file",
        "makes a folder",
        "renames",
    ):
        assert zygote.stops(ATTACKS[attack][0], landlock_abi=0, uid=None), (
            attack
        )
    answer = zygote.send("torch.ones(2, 2) @ torch.ones(2, 2)", landlock_abi=0)
    assert answer["error"] is None
    assert answer["layers"]["landlock"].startswith("unavailable: ")


@needs_linux
def test_foreign_system_calls_kill(zygote: Zygote) -> None:
    if system_calls.numbers() is not system_calls.X86_64:
        pytest.skip("x86_64's own attacks")
    # the 32-bit entry: mov eax, 20; int 0x80; ret
    code = (
        "import ctypes, mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(bytes.fromhex('b814000000cd80c3'))\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()"
    )
    assert zygote.send(code, layers=())["status"] == 0
    assert zygote.send(code)["status"] == -signal.SIGSYS
    assert (
        zygote.send(CALL + f"call({0x40000000 + 39})")["status"]
        == -signal.SIGSYS
    )


@needs_linux
def test_a_layer_that_fails_ends_the_worker(zygote: Zygote) -> None:
    if not ABI:
        pytest.skip("this kernel offers no Landlock")
    answer = zygote.send("value = 1", readable=("/dev/null", "\0"), uid=None)
    assert answer == {"status": confinement.FAILED}


@needs_linux
def test_a_worker_ends_with_its_zygote() -> None:
    zygote = Zygote("same")
    worker = os.pidfd_open(
        zygote.send("# stay\nimport time\nwhile True: time.sleep(1)")
    )
    time.sleep(0.2)
    assert not select.select([worker], [], [], 0)[0]
    zygote.close()
    ended = bool(select.select([worker], [], [], 10)[0])
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(worker, signal.SIGKILL)
    os.close(worker)
    assert ended


@needs_linux
def test_capabilities_and_groups_are_gone(zygote: Zygote) -> None:
    if not zygote.is_root:
        pytest.skip("only root has an account to leave")
    lines = "[line for line in open('/proc/self/status') if line[:6] in ('CapPrm', 'Groups')]"
    code = f"value = [line.split()[1:] for line in {lines}]"
    assert zygote.send(code, layers=("uid",))["value"] == repr(
        [[], ["0" * 16]]
    )
    assert zygote.send("value = os.getresuid()")["value"] == repr(
        (confinement.spare_account(),) * 3
    )


def test_a_policy_passes_through_json() -> None:
    policy = Policy(
        memory_bytes=1,
        cpu_seconds=2,
        readable=("/a",),
        uid=3,
        layers=("rlimits",),
        landlock_abi=4,
    )
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy
