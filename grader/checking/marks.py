"""The marks of a check: what it is worth, and which checks of the same function must pass before it."""

from __future__ import annotations

import pytest


def points(share: float) -> pytest.MarkDecorator:
    """The check earns `share`; the shares of a function's checks are scaled to its points."""
    return pytest.mark.points(share)


def requires(*checks: str) -> pytest.MarkDecorator:
    """The check is blocked unless these checks of its function (named without "test_") have passed."""
    return pytest.mark.requires(*checks)
