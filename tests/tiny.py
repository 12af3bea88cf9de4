"""A tiny exercise of one function, and submissions to it, for tests of how batches go."""

import textwrap

FILES = {
    "exercise.toml": """
        [limits]
        load_seconds = 5
        submission_seconds = 20

        [tolerance]
        float32 = 1e-4
        float64 = 1e-7

        [functions.double]
        points = 2
        seconds = 2

        [profiles.quick]
    """,
    "solution.py": """
        def double(x):
            return 2 * x
    """,
    "inputs.py": """
        import torch

        class Inputs:
            def __init__(self, seed, settings):
                self.generator = torch.Generator().manual_seed(seed)

            def vector(self):
                return torch.randn(5, generator=self.generator)
    """,
    "probes.py": """
        def probes(function):
            return {}
    """,
    "checks/test_double.py": """
        def test_values(student, reference, inputs, assert_close):
            \"\"\"double(x) is twice x.\"\"\"
            x = inputs.vector()
            assert_close(student.double(x), reference.double(x), "double(x)")
    """,
}

RIGHT = "def double(x):\n    return x + x\n"
WRONG = "def double(x):\n    return x\n"
SLOW = "import time\n\ndef double(x):\n    time.sleep(1.2)\n    return x + x\n"
HANGS = "def double(x):\n    while True:\n        pass\n"
EXITS = "import os\n\ndef double(x):\n    os._exit(0)\n"
CRASHES = "import ctypes\n\ndef double(x):\n    ctypes.string_at(0)\n"


def exercise(folder):
    """Write the exercise to `folder`, and return the folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def submissions(folder, sources):
    """Write one file a submission: id -> source."""
    folder.mkdir(exist_ok=True)
    for id_, source in sources.items():
        (folder / f"{id_}.py").write_text(source)
    return folder
