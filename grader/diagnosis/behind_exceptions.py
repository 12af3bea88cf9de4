"""Takes away the known cause of an exception and makes the calls again, to find other mistakes behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from grader.diagnosis import repairs
from grader.diagnosis.case import Case
from grader.diagnosis.local_values import local_values
from grader.diagnosis.observation import Outcome, Prober, Rows
from grader.diagnosis.recognisers import MODULE_GLOBAL, REPAIRERS
from grader.diagnosis.recognisers.module_global import undefined
from grader.diagnosis.recognisers.shadow import unbound
from grader.diagnosis.reference_runner import ReferenceRunner, Row

# Each repair takes calls of its own; a function hides fewer mistakes than that.
AT_MOST_REPAIRED = 5

# Variables of the module -> their values, probe by probe.
Supply = Mapping[str, Sequence[Any]]


def look_behind_exceptions(case: Case) -> None:
    """Go on with the calls as they are without the known causes of exceptions; claim these causes."""
    source = case.seen.evidence.source
    for _ in range(AT_MOST_REPAIRED):
        repaired = _repaired(case, source)
        if repaired is None:
            break
        source = repaired
        case.prober = case.prober.edited(case.function, source)
        outcomes = case.prober.calls(case.function, case.plain.probes)
        case.see(outcomes)
    _supply_globals(case)


def _repaired(case: Case, source: str) -> str | None:
    """The source without the cause of the exceptions, which is claimed if the exercise has a name for it."""
    for repairer in REPAIRERS:
        repair = repairer.repair(case.seen, source)
        if repair is None:
            continue
        misconception = case.exercise.misconceptions.recognised_by(
            case.function, repairer.name
        )
        if misconception is not None:
            case.claims.add(misconception, repair.clue)
        return repair.source
    return _with_parameters_name(case, source)


def _with_parameters_name(case: Case, source: str) -> str | None:
    """The source with the name that its body uses for a parameter: a slip in it is not the mistake."""
    parameters = case.plain.parameters
    slips = unbound(case.outcomes) & set(parameters)
    if not slips:
        return None
    name = min(slips)
    case.claims.facts["unbound"] = name
    return repairs.renamed_parameter(source, parameters.index(name), name)


def _supply_globals(case: Case) -> None:
    """Go on with the values of the variables that the function should not have asked the module for."""
    misconception = case.exercise.misconceptions.recognised_by(
        case.function, MODULE_GLOBAL.name
    )
    asks = case.seen.evidence.reads_globals or undefined(case.outcomes)
    if misconception is None or not asks:
        return

    def call_with(supply: Supply) -> list[Outcome]:
        outcomes = []
        # One by one: the values that are supplied differ from probe to probe.
        for i, probe in enumerate(case.plain.probes):
            values = _values_on(i, supply)
            outcome = case.prober.call(case.function, probe, values)
            outcomes.append(outcome)
        return outcomes

    known = _reference_values(case.plain)
    supplied = MODULE_GLOBAL.supplied(case.seen, known, call_with)
    if supplied is None:
        return
    case.claims.add(misconception, supplied.clue)
    case.see(supplied.outcomes)
    case.prober = SupplyingProber(
        case.prober, case.plain.probes, supplied.values
    )


def _reference_values(runner: ReferenceRunner) -> Supply:
    """The reference's arguments and local variables by name, probe by probe; those that every probe has."""
    values: dict[str, list[Any]] = {}
    for probe in runner.probes:
        found = local_values(runner.namespace[runner.function], probe)
        found.update(zip(runner.parameters, probe, strict=True))
        for name, value in found.items():
            values.setdefault(name, []).append(value)
    count = len(runner.probes)
    everywhere = {}
    for name, those in values.items():
        if len(those) == count:
            everywhere[name] = those
    return everywhere


def _values_on(probe: int, supply: Supply) -> dict[str, Any]:
    """The values of one probe, by name."""
    on_probe = {}
    for name, values in supply.items():
        on_probe[name] = values[probe]
    return on_probe


@dataclass(frozen=True)
class SupplyingProber:
    """A prober that supplies, with every call, the globals of the first probe of the same sizes."""

    prober: Prober
    probes: Sequence[Row]
    supply: Supply

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Any] = {},
    ) -> Outcome:
        """What one call gives."""
        sizes = [_sizes(probe) for probe in self.probes]
        probe = sizes.index(_sizes(arguments))
        supplied = _values_on(probe, self.supply)
        supplied.update(supply)
        return self.prober.call(function, arguments, supplied)

    def calls(self, function: str, rows: Rows) -> list[Outcome]:
        """What `call` gives for each row of arguments."""
        return [self.call(function, row) for row in rows]

    def search(self, function: str, search: Mapping[str, Any]) -> Any:
        """What a search among edits of the function finds; raises StudentFailure."""
        return self.prober.search(function, search)

    def edited(self, function: str, source: str) -> SupplyingProber:
        """The same with that function's text replaced."""
        return replace(self, prober=self.prober.edited(function, source))


def _sizes(arguments: Sequence[Any]) -> list[int]:
    """The number of entries of each tensor among the arguments."""
    sizes = []
    for argument in arguments:
        if isinstance(argument, Tensor):
            sizes.append(argument.numel())
    return sizes
