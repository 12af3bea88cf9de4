"""What the checks of one function have found together."""

from __future__ import annotations

import pytest

from grader.checking.findings import Finding, FunctionChecks
from grader.checking.follow_through import Substitution

PASSED = Finding("passed", credit=1.0)
FOLLOWED = Finding(
    "passed", credit=1.0, substitution=Substitution(("earlier",))
)
WRONG = Finding("failed")
NO_VALUE = Finding("failed", no_value=True)
BLOCKED = Finding("blocked")


def found(*findings: Finding) -> FunctionChecks:
    checks = FunctionChecks()
    for number, finding in enumerate(findings):
        checks.findings[f"check_{number}"] = finding
        checks.titles[f"check_{number}"] = f"Title {number}"
    return checks


@pytest.mark.parametrize(
    ("findings", "right", "followed", "no_value"),
    [
        ((), True, False, False),
        ((PASSED,), True, False, False),
        ((PASSED, FOLLOWED), False, True, False),
        ((PASSED, WRONG), False, False, False),
        ((FOLLOWED, WRONG), False, False, False),
        ((NO_VALUE, BLOCKED), False, False, True),
        ((NO_VALUE, WRONG), False, False, False),
        ((BLOCKED,), False, False, False),
    ],
)
def test_all_checks_together(
    findings: tuple[Finding, ...], right: bool, followed: bool, no_value: bool
) -> None:
    checks = found(*findings)
    assert checks.right is right
    assert checks.followed is followed
    assert checks.no_value is no_value


def test_the_first_check_that_has_not_passed_whatever_its_parameter() -> None:
    checks = FunctionChecks()
    for parameter, finding in (("a", PASSED), ("b", WRONG), ("c", BLOCKED)):
        checks.findings[f"values[{parameter}]"] = finding
        checks.titles[f"values[{parameter}]"] = f"Title {parameter}"
    assert checks.first_not_passed("values") == "Title b"
    assert checks.first_not_passed("shapes") is None


def test_a_finding_with_a_substitution_was_found_with_follow_through() -> None:
    assert FOLLOWED.follow_through
    assert not PASSED.follow_through
    assert found(PASSED, FOLLOWED).follow_through
    assert not found(PASSED, WRONG).follow_through


@pytest.mark.parametrize(
    ("findings", "only_shapes"),
    [
        ((WRONG, PASSED), True),
        ((WRONG, BLOCKED), True),
        ((WRONG, WRONG), False),
        ((PASSED, WRONG), False),
        ((PASSED, PASSED), False),
    ],
)
def test_whether_only_checks_about_shapes_fail(
    findings: tuple[Finding, ...], only_shapes: bool
) -> None:
    checks = found(*findings)
    checks.about_shapes.add("check_0")
    assert checks.only_shapes_fail is only_shapes
