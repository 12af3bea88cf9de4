"""The marks of a check: what it is worth, which must pass before it, what it shows to be wrong."""

from __future__ import annotations

import pytest


def points(share: float) -> pytest.MarkDecorator:
    """The check earns `share`; the shares of a function's checks are scaled to its points."""
    return pytest.mark.points(share)


def requires(*checks: str) -> pytest.MarkDecorator:
    """The check is blocked unless these checks of its function (named without "test_") have passed."""
    return pytest.mark.requires(*checks)


def locates(quantity: str) -> pytest.MarkDecorator:
    """Where the check fails, `quantity` is the first that is off; its parameter is filled in."""
    return pytest.mark.locates(quantity)
