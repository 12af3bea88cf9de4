"""What a function never uses though the reference does: where it is not right, that is worth a remark."""

from __future__ import annotations

import ast

from grader.diagnosis.case import Case
from grader.results import Remark


def unused(case: Case) -> Remark | None:
    """The arguments and functions of the exercise that only the reference uses; None if there are none."""
    if case.seen.evidence.is_stub:
        return None
    used = set()
    for node in ast.walk(case.plain.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.add(node.id)
    pairs = zip(
        case.plain.parameters, case.source.own_parameters, strict=False
    )
    own_names = dict(pairs)
    names = []
    for name in case.source.unread_parameters():
        is_changed = name in case.seen.accumulator_names
        if name in used and name in own_names and not is_changed:
            names.append(own_names[name])
    reached = case.seen.evidence.reaches
    # who uses all arguments may well write a derivative out
    if names and reached is not None:
        required = used & case.exercise.solution.trees.keys()
        names += sorted(required - set(reached) - {case.function})
    return Remark("unused", value=", ".join(names)) if names else None
