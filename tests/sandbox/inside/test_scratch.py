"""Files that a submission writes where it stands are kept in memory; all others are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]

KEEPS = {
    "text": "open('a.txt', 'w').write('é')\n    assert open('a.txt').read() == 'é'",
    "appended": (
        "for i in range(2):\n        with open('a.txt', 'a') as file: file.write('é')\n"
        "    assert open('a.txt').read() == 'éé'"
    ),
    "a folder": (
        "os.makedirs('out/deep', exist_ok=True)\n    torch.save({'x': x}, 'out/deep/x.pt')\n"
        "    assert torch.equal(torch.load('out/deep/x.pt')['x'], x)"
    ),
    "a path": "Path('a.txt').write_text('x')\n    assert Path('a.txt').read_text() == 'x'",
    "numpy": (
        "numpy.savetxt('a.txt', numpy.ones(3))\n    numpy.save('a.npy', numpy.ones(3))\n"
        "    with open('a.npy', 'rb') as file: assert numpy.load(file).sum() == 3"
    ),
    "tempfile": (
        "name = os.path.join(tempfile.mkdtemp(), 'x')\n    open(name, 'wb').write(b'x')\n"
        "    assert open(name, 'rb').read() == b'x'"
    ),
    "logging": "logging.FileHandler('x.log').emit(logging.makeLogRecord({}))",
}
REFUSED = {
    # within bubblewrap the whole file system is read-only
    "open('/etc/hosts', 'a')": {"PermissionError", "OSError"},
    "open('no_such.txt')": {"FileNotFoundError"},
}
HEAD = "import logging, os, tempfile, numpy, torch\nfrom pathlib import Path\n"


@pytest.mark.parametrize("name", KEEPS)
def test_it_is_kept(open_calls: OpenCalls, name: str) -> None:
    source = f"{HEAD}def double(x):\n    {KEEPS[name]}\n    return 2 * x\n"
    with open_calls(source) as calls:
        assert calls.call("double", (torch.ones(2),)).error is None


@pytest.mark.parametrize("opening", REFUSED)
def test_it_is_refused(open_calls: OpenCalls, opening: str) -> None:
    source = f"{HEAD}def double(x):\n    {opening}\n    return 2 * x\n"
    with open_calls(source) as calls:
        error = calls.call("double", (torch.ones(2),)).error
    assert error is not None
    assert error.kind in REFUSED[opening]
