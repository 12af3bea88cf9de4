"""JUnit XML, as continuous integration reads it: one test suite per function, one test case per check."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from grader.exercise import Exercise
from grader.reports.formats.gradebook import mark
from grader.reports.text.neutral import clean
from grader.reports.text.prose import titles
from grader.reports.text.words import Words
from grader.reports.views.content import Notes, explain
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import CheckResult, FunctionResult, Result


def junit_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One result as JUnit XML. A blocked check is skipped, one that grader failed on is an error.

    Points and misconceptions are properties.

    Raises UsageError as `student_report` does.
    """
    result = clean(apply_overrides(result, manual), limit=2_000)
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    root = Element(
        "testsuites", name=result.exercise, time=f"{result.duration_s:.3f}"
    )
    for name, function in result.functions.items():
        suite = _suite(name, function, result, notes, words)
        root.append(suite)
    for count in ("tests", "failures", "errors", "skipped"):
        total = 0
        for suite in root:
            total += int(suite.get(count, "0"))
        root.set(count, str(total))
    ElementTree.indent(root)
    xml = ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
    return f"{xml}\n"


def _suite(
    name: str,
    function: FunctionResult,
    result: Result,
    notes: Notes,
    words: Words,
) -> Element:
    outcomes = [check.outcome for check in function.checks]
    tests = len(outcomes)
    failures = outcomes.count("failed")
    skipped = outcomes.count("blocked")
    # A suite without a case would look as if nothing were wrong: a missing function is one failure.
    missing = function.status == "missing" and not function.checks
    if missing:
        tests = failures = 1
    suite = Element(
        "testsuite",
        name=name,
        tests=str(tests),
        failures=str(failures),
        errors=str(outcomes.count("void")),
        skipped=str(skipped),
        timestamp=result.started,
    )
    properties = SubElement(suite, "properties")
    _property(properties, "score", mark(function.score))
    _property(properties, "max_score", mark(function.max_score))
    for identifier in function.misconceptions:
        _property(properties, "misconception", identifier)
    named = explain(name, function, notes).notes
    explanation = "; ".join(titles(named, function.facts))
    file = ""
    if result.submission.files:
        file = result.submission.files[0]
    line = function.line
    if function.in_notebook:
        # it would be looked for in the notebook's JSON, where the numbers are different
        line = None
    for check in function.checks:
        title = words.title(check.title)
        case = _case(suite, name, title, file, line)
        _outcome(case, check, explanation)
    if missing:
        case = _case(suite, name, "defined", file, None)
        SubElement(
            case, "failure", message=f"{name} is not defined.", type="Missing"
        )
    return suite


def _case(
    suite: Element, name: str, title: str, file: str, line: int | None
) -> Element:
    # The time of one check is not recorded; the whole submission's time is on the root.
    case = SubElement(suite, "testcase", name=title, classname=name, file=file)
    if line is not None:
        case.set("line", str(line))
    return case


def _outcome(case: Element, check: CheckResult, explanation: str) -> None:
    properties = SubElement(case, "properties")
    points = f"{mark(check.points)}/{mark(check.max_points)}"
    _property(properties, "points", points)
    if check.outcome == "blocked":
        SubElement(case, "skipped", message=check.message)
    elif check.outcome == "void":
        SubElement(case, "error", message=check.message, type="GraderFault")
    elif check.outcome == "failed":
        kind = "CheckFailure"
        failure = SubElement(case, "failure", message=check.message, type=kind)
        failure.text = explanation or None


def _property(properties: Element, name: str, value: str) -> None:
    SubElement(properties, "property", name=name, value=value)
