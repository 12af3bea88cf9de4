"""Patches pytest and unittest, as forges other graders."""

def attack(x):
    print("RAN", flush=True)
    import unittest

    unittest.TestCase.run = lambda self, result=None: None
    import _pytest.runner

    _pytest.runner.runtestprotocol = lambda *a, **k: []
    _pytest.runner.pytest_runtest_makereport = lambda *a, **k: None
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
