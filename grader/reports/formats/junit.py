"""JUnit XML, as continuous integration reads it: a test suite a function, a test case a check."""

from __future__ import annotations

from xml.etree import ElementTree

from grader.reports.formats.gradebook import mark
from grader.reports.text.language import fixed
from grader.reports.text.neutral import clean
from grader.reports.text.prose import to_text
from grader.reports.views.content import Notes, explain
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import CheckResult, FunctionResult, Result


def junit_report(result: Result, notes: Notes, lang: str = "en", manual: Manual | None = None) -> str:
    """One result as JUnit XML; a blocked check is skipped, points and misconceptions are properties."""
    result = clean(apply_overrides(result, manual), limit=2_000)
    root = ElementTree.Element("testsuites", name=result.exercise, time=f"{result.duration_s:.3f}")
    for name, function in result.functions.items():
        root.append(_suite(name, function, result, notes, lang))
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(
    name: str, function: FunctionResult, result: Result, notes: Notes, lang: str
) -> ElementTree.Element:
    outcomes = [check.outcome for check in function.checks]
    missing = function.status == "missing" and not function.checks
    suite = ElementTree.Element(
        "testsuite",
        name=name,
        tests=str(len(outcomes) + missing),
        failures=str(outcomes.count("failed") + missing),
        errors="0",
        skipped=str(outcomes.count("blocked")),
        timestamp=result.started,
    )
    properties = ElementTree.SubElement(suite, "properties")
    _property(properties, "score", mark(function.score))
    _property(properties, "max_score", mark(function.max_score))
    for identifier in function.misconceptions:
        _property(properties, "misconception", identifier)
    told = "; ".join(to_text(note.title, function.facts) for note in explain(name, function, notes).notes)
    where = result.submission.files[0] if result.submission.files else ""
    for check in function.checks:
        case = _case(suite, name, fixed(check.title, lang, result.exercise), where, function.line)
        _outcome(case, check, told)
    if missing:
        case = _case(suite, name, "defined", where, None)
        ElementTree.SubElement(case, "failure", message=f"{name} is not defined.", type="Missing")
    return suite


def _case(
    suite: ElementTree.Element, name: str, title: str, file: str, line: int | None
) -> ElementTree.Element:
    # How long a check takes is not recorded: a submission's time is on the root.
    case = ElementTree.SubElement(suite, "testcase", name=title, classname=name, file=file)
    if line is not None:
        case.set("line", str(line))
    return case


def _outcome(case: ElementTree.Element, check: CheckResult, told: str) -> None:
    properties = ElementTree.SubElement(case, "properties")
    _property(properties, "points", f"{mark(check.points)}/{mark(check.max_points)}")
    if check.outcome == "blocked":
        ElementTree.SubElement(case, "skipped", message=check.message)
    elif check.outcome == "failed":
        failure = ElementTree.SubElement(case, "failure", message=check.message, type="CheckFailure")
        failure.text = told or None


def _property(properties: ElementTree.Element, name: str, value: str) -> None:
    ElementTree.SubElement(properties, "property", name=name, value=value)
