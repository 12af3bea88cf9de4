"""JUnit XML: counts, and XML whatever a student wrote."""

from __future__ import annotations

from xml.etree import ElementTree

import report_samples as samples

from grader.reports.formats.junit import junit_report


def test_junit_counts_fail_skip_and_properties():
    root = ElementTree.fromstring(
        junit_report(samples.wrong(), samples.EXERCISE)
    )
    assert (root.get("tests"), root.get("failures"), root.get("skipped"), root.get("errors")) == (
        str(len(root.findall(".//testcase"))), str(len(root.findall(".//failure"))),
        str(len(root.findall(".//skipped"))), "0",
    )  # fmt: skip
    suite = root.find("testsuite[@name='backward_pass']")
    named = [
        one.get("value")
        for one in suite.findall("properties/property[@name='misconception']")
    ]
    assert named[0] == "backward-dloss-swapped"
    assert (
        suite.find("testcase/skipped").get("message").startswith("Not judged")
    )
    assert root.find(
        "testsuite[@name='loss']/testcase/failure"
    ).text.startswith("The differences are summed")


def test_junit_tells_of_functions_that_are_missing_and_stays_xml_whatever_a_student_wrote():
    root = ElementTree.fromstring(
        junit_report(samples.hostile(), samples.EXERCISE)
    )
    assert len(root.findall(".//failure[@type='Missing']")) == 6
    assert (
        root.find(".//failure")
        .get("message")
        .startswith("`sigma` raised Evil: </script>")
    )
