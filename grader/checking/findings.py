"""What one student's checks have found: each check by itself, and all checks of a function together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from grader.checking import marks
from grader.checking.follow_through import AS_IT_STANDS, Substitution
from grader.results import Mismatch, Outcome, Stop


@dataclass
class Finding:
    """What one run of a check has found.

    message: why it failed, was skipped or is void. credit: the share of its points that it earns, in [0, 1].
    substitution: with which it ran. no_value: the function returned None, raised, or did not end.
    in_convention: whether it ran within the function's own convention. stop: what ended the call, if it gave
    no value (see `stops.stop_of`).
    """

    outcome: Outcome
    message: str = ""
    mismatch: Mismatch | None = None
    credit: float = 0.0
    substitution: Substitution = AS_IT_STANDS
    no_value: bool = False
    in_convention: bool = False
    stop: Stop = ""

    @property
    def follow_through(self) -> bool:
        """Whether it was found with something in the reference replaced."""
        return self.substitution != AS_IT_STANDS

    def passed_with(self, substitution: Substitution) -> bool:
        """Whether the check has passed with this very substitution."""
        is_same = self.substitution == substitution
        return is_same and self.outcome == "passed"


@dataclass
class FunctionChecks:
    """What the checks of one function have found so far.

    findings and titles: by a check's name. first_wrong: the quantity that the first failed check shows to be
    wrong. about_shapes: the checks that are marked `shapes`. shared: for each substitution, what the checks
    share among themselves. converted: the same, of runs within the function's own convention.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    first_wrong: str | None = None
    about_shapes: set[str] = field(default_factory=set)
    shared: defaultdict[Substitution, dict[str, Any]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    converted: defaultdict[Substitution, dict[str, Any]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    @property
    def right(self) -> bool:
        """Whether every check has passed without follow-through."""
        for finding in self.findings.values():
            if finding.outcome != "passed" or finding.follow_through:
                return False
        return True

    @property
    def followed(self) -> bool:
        """Whether every check has passed, some of them with follow-through."""
        outcomes = {finding.outcome for finding in self.findings.values()}
        return outcomes == {"passed"} and not self.right

    @property
    def follow_through(self) -> bool:
        """Whether some check counts as it was found with follow-through."""
        return any(
            finding.follow_through for finding in self.findings.values()
        )

    @property
    def only_shapes_fail(self) -> bool:
        """Whether checks have failed, each of them one of those that ask for vectors."""
        failed = set()
        for name, finding in self.findings.items():
            if finding.outcome == "failed":
                failed.add(name)
        return bool(failed) and failed <= self.about_shapes

    @property
    def no_value(self) -> bool:
        """Whether checks have run, and none of them got a value from the function."""
        has_run = False
        for finding in self.findings.values():
            if finding.outcome in ("blocked", "void"):
                continue
            if not finding.no_value:
                return False
            has_run = True
        return has_run

    @property
    def stop(self) -> Stop:
        """What ended the call of the first check that failed; empty where that gave a value."""
        for finding in self.findings.values():
            if finding.outcome == "failed":
                return finding.stop
        return ""

    def first_not_passed(self, required: str) -> str | None:
        """The title of the first check of that name that failed or was skipped, whatever its parameter."""
        return self._first_with(required, "failed", "blocked")

    def first_void(self, required: str) -> str | None:
        """The title of the first check of that name that grader failed on."""
        return self._first_with(required, "void")

    def _first_with(self, required: str, *outcomes: Outcome) -> str | None:
        for name, finding in self.findings.items():
            is_required = marks.without_parameter(name) == required
            if is_required and finding.outcome in outcomes:
                return self.titles[name]
        return None
