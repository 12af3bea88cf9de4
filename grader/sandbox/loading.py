"""A submission in a worker: read before any of it runs, then loaded; in a fresh worker when one has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from grader.errors import BadReply, Died, GraderError, StudentFailure, TimedOut
from grader.exercise import Exercise, patterns
from grader.intake.submission import Submission
from grader.notices import Notice, from_plain, place
from grader.results import Source
from grader.sandbox.host import Ended, WorkerHandle, Zygote
from grader.sandbox.protocol import Bounds
from grader.sandbox.replies import LONGEST_NAME, name_missing, shortened
from grader.sandbox.walls.confinement import Policy

NO_REPLY = "its process sent something other than a reply"
# how a worker ended (`Ended.kind`) -> the failure of the call that was being made
FAILURES: Mapping[str, type[StudentFailure]] = {
    "time": TimedOut,
    "died": Died,
    "reply": BadReply,
}


@dataclass(frozen=True)
class SourceReading:
    """What a submission holds, found before any of it ran.

    missing: function -> why it cannot be graded. lifted: the functions in whose place a loop is judged.
    findings: function -> what its source shows (see `reading/findings.py`).
    labels: a notebook's cell -> what it is called.
    own_names: function -> what the submission calls it, where that is another name. parameters: function ->
    the names of its positional parameters. may_hide: whether its text holds what could hide something in a
    worker (see `inside/hiding.py`).
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    lifted: frozenset[str] = frozenset()
    labels: Mapping[int | None, str] = field(default_factory=dict)
    own_names: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    may_hide: bool = False


class LoadedSubmission:
    """One submission and the worker that holds it, if any.

    undefined: name -> why its definition failed. unloadable: where the definitions could not be run at all,
    the failure of every call and its sentence. raised_at: (line, cell) of each statement of
    the graded file that raised. used: the functions that the present worker has been asked
    for. printed: what the latest worker has printed. differentiated: whether torch was seen to differentiate
    while definitions were run.
    """

    def __init__(
        self,
        zygote: Zygote,
        policy: Policy,
        exercise: Exercise,
        submission: Submission,
        notice: Callable[[Notice], None],
        autograd: bool = True,
    ) -> None:
        """`notice` takes what a report should mention. autograd: whether torch can differentiate for it.

        Nothing is started yet.
        """
        self._zygote = zygote
        self._policy = policy
        self._exercise = exercise
        self._submission = submission
        self._notice = notice
        self._autograd = autograd
        self._worker: WorkerHandle | None = None
        self.isolation: Mapping[str, str] = {}
        self._labels: Mapping[int | None, str] = {}
        self.undefined: dict[str, str] = {}
        self.raised_at: set[tuple[int, int | None]] = set()
        self.unloadable: tuple[type[StudentFailure], str] | None = None
        self.used: set[str] = set()
        self.printed = ""
        self.differentiated = False
        # whether a new worker is to find out the sizes that its lifted loops are written for
        self._measures = False

    def start(self, seconds: float, seed: int) -> SourceReading:
        """Have a first worker read the submission and, within so many seconds, run its definitions."""
        if self._submission.problem:
            return self._without_functions(self._submission.problem)
        worker = self._fork()
        try:
            reply = self._have_read(worker, seconds)
        except Ended as ended:
            self._worker = None
            why = f"The file cannot be read as Python: {ended.reason} while reading it."
            return self._without_functions(why)
        # only this reply can be trusted: nothing of the student's has run yet
        self.isolation = {**reply["isolation"], **self._zygote.isolation}
        if reply["unreadable"] is not None:
            self.drop()
            return self._without_functions(reply["unreadable"])
        sources = {}
        for name, found in reply["definitions"].items():
            places = dict(found["places"])
            sources[name] = Source(**{**found, "places": places})
        reading = SourceReading(
            sources=sources,
            missing=reply["missing"],
            findings=reply["findings"],
            notices=tuple(map(from_plain, reply["notices"])),
            lifted=frozenset(reply["lifted"]),
            labels=dict(reply["labels"]),
            own_names=reply["own_names"],
            parameters=reply["parameters"],
            may_hide=reply["may_hide"],
        )
        self._labels = reading.labels
        self._measures = bool(reading.lifted)
        self._load(worker, seconds, seed)
        return reading

    def make_ready(self, seconds: float, seed: int) -> None:
        """Put the submission into a fresh worker where it has none. Raises Ended where that fails."""
        if self._worker is not None:
            return
        worker = self._fork()
        try:
            self._have_read(worker, seconds)
        except Ended:
            self._lose(worker)
            raise
        self._load(worker, seconds, seed)
        if self._worker is None and self.unloadable is None:
            # the loops could not be measured; the next worker leaves that to their calls
            self.make_ready(seconds, seed)
        if self._worker is None:
            raise Ended(
                "died", "the file's definitions could not be run once more"
            )

    def exchange(
        self, request: dict[str, Any], seconds: float, bounds: Bounds
    ) -> dict[str, Any]:
        """Send the worker a request, and return its reply. Raises Ended; the worker is gone then."""
        assert self._worker is not None
        worker = self._worker
        try:
            reply = worker.exchange(request, seconds, bounds)
        except Ended:
            self._lose(worker)
            raise
        self._keep_printed(worker)
        return reply

    def drop(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.dismiss()
            self._worker = None

    def _without_functions(self, why: str) -> SourceReading:
        """The reading of a file that none of the functions can be taken from."""
        missing = dict.fromkeys(self._exercise.functions, why)
        return SourceReading(missing=missing)

    def _fork(self) -> WorkerHandle:
        self._worker = self._zygote.fork(
            self._policy, self._exercise.limits.output_kb << 10
        )
        self.used.clear()
        return self._worker

    def _lose(self, worker: WorkerHandle) -> None:
        self._worker = None
        self._keep_printed(worker)

    def _have_read(
        self, worker: WorkerHandle, seconds: float
    ) -> dict[str, Any]:
        functions = self._exercise.functions
        slow = [
            function.name for function in functions.values() if function.slow
        ]
        modules = {}
        for path, data in self._submission.module_bytes().items():
            modules[path] = _as_tensor(data)
        request = {
            "do": "read",
            "data": _as_tensor(self._submission.data),
            "filename": self._submission.filename,
            "folder": self._submission.folder,
            "modules": modules,
            "names": list(functions),
            "slow": slow,
            "loops": _loops(self._exercise),
            "expected": self._exercise.variants(),
        }
        seconds = min(self._exercise.limits.load_seconds, seconds)
        reply = worker.exchange(request, seconds)
        if not self._autograd:
            worker.exchange({"do": "forbid_autograd"}, seconds)
        return reply

    def _load(self, worker: WorkerHandle, seconds: float, seed: int) -> None:
        """Have the worker run the submission's definitions; where that fails, the worker is gone."""
        seconds = min(self._exercise.limits.load_seconds, seconds)
        try:
            reply = worker.exchange({"do": "load", "seed": seed}, seconds)
            self.differentiated |= bool(reply["notes"])
            self.undefined = self._failed_statements(reply)
        except GraderError:
            raise
        except Exception as error:
            # a reply is a claim, and may be of any form
            worker.kill()
            self._lose(worker)
            ended = error
            if not isinstance(ended, Ended):
                ended = Ended("reply", NO_REPLY)
            notice = Notice("not-loaded", {"reason": ended.reason})
            self.unloadable = FAILURES[ended.kind], str(notice)
            self._notice(notice)
            return
        if self._measures:
            self._measure(worker, seconds)

    def _measure(self, worker: WorkerHandle, seconds: float) -> None:
        """Have the worker run its lifted loops as far as their first turn.

        Where that fails, the worker is gone. The next one leaves it to the call of the loop, so that a loop
        which is never reached costs no other function anything.
        """
        try:
            reply = worker.exchange({"do": "measure"}, seconds)
            self.differentiated |= bool(reply["notes"])
            self.undefined |= self._failed_statements(reply)
        except GraderError:
            raise
        except Exception:
            # a reply is a claim, and may be of any form
            self._measures = False
            worker.kill()
            self._lose(worker)

    def _failed_statements(self, reply: dict[str, Any]) -> dict[str, str]:
        """The names that could not be defined, and why. The same error of several statements is told once."""
        undefined: dict[str, str] = {}
        # error -> place -> notice
        notices: defaultdict[str, dict[Any, Notice]] = defaultdict(dict)
        for failed in reply["failed"]:
            line = int(failed["line"])
            cell = int(failed["cell"]) if failed["cell"] else None
            module = None
            if failed["file"] is not None:
                module = shortened(failed["file"], LONGEST_NAME)
            kind = shortened(failed["error"]["kind"], LONGEST_NAME)
            error = f"{kind}: {shortened(failed['error']['text'])}"
            if module is None:
                self.raised_at.add((line, cell))
            label = self._labels.get(cell, "")
            why = f"{place(line, cell, label, module=module)} raised {error}"
            missing = name_missing(kind, failed["error"]["text"])
            follows = missing in undefined
            for name in failed["binds"]:
                undefined[shortened(name, LONGEST_NAME)] = why
            notice = Notice(
                "statement-raised", {"error": error}, line, cell, label
            )
            if module is not None:
                notice = notice.within(module)
            # what follows from another failure needs no notice of its own
            if not follows:
                notices[error].setdefault((line, cell, module), notice)
        for of_error in notices.values():
            first, *others = of_error.values()
            self._notice(replace(first, more=len(others)))
        return undefined

    def _keep_printed(self, worker: WorkerHandle) -> None:
        self.printed = worker.read_printed()
        if worker.output_capped:
            kilobytes = str(worker.output_limit >> 10)
            self._notice(Notice("prints-a-lot", {"kilobytes": kilobytes}))


def _loops(exercise: Exercise) -> dict[str, Any]:
    """Function -> the loop that is judged in its place, as a worker reads it."""
    trees = exercise.solution.trees
    loops: dict[str, Any] = {}
    for name, function in exercise.functions.items():
        if function.loop is None:
            continue
        state = {}
        for other in exercise.functions:
            parameters = patterns.parameters(trees[other])
            if set(function.loop.state) <= set(parameters):
                state[other] = [
                    parameters.index(one) for one in function.loop.state
                ]
        taken = patterns.parameters(trees[name])
        steps = function.loop.steps
        loops[name] = {
            "around": list(function.loop.around),
            "parameters": list(taken[: taken.index(steps) + 1]),
            "state": state,
            "names": list(function.loop.state),
            "steps": steps,
        }
    return loops


def _as_tensor(data: bytes) -> torch.Tensor:
    if not data:
        # frombuffer takes no empty buffer
        return torch.empty(0, dtype=torch.uint8)
    # a copy: torch warns of memory that cannot be written to
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)
