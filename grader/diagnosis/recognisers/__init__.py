"""Recognisers find a mistake by evidence other than wrong numbers. Each has a module, a test and a row here.

`recognise = "..."` in an exercise's misconceptions/ names one of them. A new one needs a class of a kind in
`base`, a row in the table below, its name in `grader.exercise.tables.Recogniser`, and a test. A `StepSign` is
about one question on the steps of a training, so `grader.diagnosis.iterating` asks it by name.
"""

from __future__ import annotations

from grader.diagnosis.recognisers.arguments import Arguments
from grader.diagnosis.recognisers.base import (
    Observation,
    Reader,
    Reading,
    Recogniser,
    Repair,
    Repairer,
    Sign,
    Steps,
    StepSign,
    changed_arguments,
)
from grader.diagnosis.recognisers.calls import Calls
from grader.diagnosis.recognisers.layouts import Columns, Mixed, Rows
from grader.diagnosis.recognisers.module_global import ModuleGlobal
from grader.diagnosis.recognisers.mutates import Mutates
from grader.diagnosis.recognisers.one_step import OneStep
from grader.diagnosis.recognisers.order import Order
from grader.diagnosis.recognisers.overflow import Overflow
from grader.diagnosis.recognisers.rebinds import Rebinds
from grader.diagnosis.recognisers.shadow import Shadow
from grader.diagnosis.recognisers.stale import Stale
from grader.diagnosis.recognisers.steps import ConstantSteps
from grader.diagnosis.recognisers.stub import Stub
from grader.diagnosis.verdict import Claims
from grader.exercise import Misconceptions

__all__ = [
    "MODULE_GLOBAL",
    "ONE_STEP",
    "READERS",
    "REBINDS",
    "RECOGNISERS",
    "REPAIRERS",
    "SHADOW",
    "SIGNS",
    "STALE",
    "STEPS",
    "Observation",
    "Reader",
    "Reading",
    "Recogniser",
    "Repair",
    "Repairer",
    "Sign",
    "StepSign",
    "Steps",
    "changed_arguments",
    "claim_signs",
    "claim_step_sign",
]

SHADOW = Shadow()
MODULE_GLOBAL = ModuleGlobal()
REBINDS = Rebinds()
STEPS = ConstantSteps()
ONE_STEP = OneStep()
STALE = Stale()

# The table, by kind. Those of one kind are asked in this order; for readers it matters: the first reading
# that explains all wins.
SIGNS: list[Sign] = [
    Stub(),
    Calls(),
    Mutates(),
]
REPAIRERS: list[Repairer] = [
    SHADOW,
]
READERS: list[Reader] = [
    Arguments(),
    REBINDS,
    Overflow(),
    Order(),
]
_ASKED_BY_NAME: list[Recogniser] = [
    MODULE_GLOBAL,
    STEPS,
    ONE_STEP,
    STALE,
    Columns(),
    Rows(),
    Mixed(),
]

_ALL = [*SIGNS, *REPAIRERS, *READERS, *_ASKED_BY_NAME]
RECOGNISERS = {recogniser.name: recogniser for recogniser in _ALL}


def claim_signs(
    misconceptions: Misconceptions,
    function: str,
    seen: Observation,
    claims: Claims,
    conclusive: bool,
) -> bool:
    """Claim the mistakes of a function whose signs are seen. Returns whether there was any.

    conclusive: whether to ask the signs after which nothing else is asked, or the others.
    """
    any_seen = False
    for sign in SIGNS:
        misconception = misconceptions.recognised_by(function, sign.name)
        if misconception is None or sign.conclusive != conclusive:
            continue
        clue = sign.clue(seen)
        if clue is not None:
            claims.add(misconception, clue)
            any_seen = True
    return any_seen


def claim_step_sign(
    sign: StepSign,
    misconceptions: Misconceptions,
    function: str,
    seen: Steps,
    claims: Claims,
) -> bool:
    """Claim what the steps show, if the exercise knows that mistake. Returns whether it was claimed."""
    misconception = misconceptions.recognised_by(function, sign.name)
    clue = sign.clue(seen)
    if misconception is None or clue is None:
        return False
    claims.add(misconception, clue)
    return True
