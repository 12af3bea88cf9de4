"""Which of several explanations is told, and where."""

from dataclasses import replace

from handwritten import BACKWARD, EXERCISE, backward, written
from inprocess import Here, base, evidence

from grader.diagnosis import diagnose


def test_the_source_decides_between_mistakes_of_the_same_numbers():
    assert backward(("+=", "-=")).misconceptions == ("backward-subtracts",)
    swapped = backward(("dloss(x2, t)", "dloss(t, x2)"))
    assert (swapped.misconceptions, swapped.alternatives) == (
        ("backward-dloss-swapped",),
        (),
    )
    neither = backward(("dloss(x2, t)", "(2 * (t - x2))"))
    assert (neither.misconceptions, neither.alternatives) == ((), ())
    assert neither.first_wrong is not None


def test_arguments_are_only_swapped_where_the_function_is_called():
    names = base(EXERCISE)

    def told(edit, reaches):
        source = written("backward_pass", BACKWARD, edit)
        evident = replace(
            evidence(source, "backward_pass", names), reaches=reaches
        )
        return diagnose(
            EXERCISE, "backward_pass", Here(source, names), evident
        )

    written_out = told(("dloss(x2, t)", "(2 * (t - x2))"), ["dsigma"])
    assert (written_out.misconceptions, written_out.alternatives) == ((), ())
    assert written_out.first_wrong == "dl_ds2"
    swapped = told(("dloss(x2, t)", "dloss(t, x2)"), ["dloss", "dsigma"])
    assert swapped.misconceptions == ("backward-dloss-swapped",)


def test_mistakes_without_numbers_are_only_told_from_the_source():
    """Everything is bound anew, so nothing can be compared but that it raises where sizes differ."""
    found = backward(
        ("dl_dw2 += g2[:, None] * x1[None, :]", "dl_dw2 = torch.add(g2, x1)"),
        ("dl_db2 += g2", "dl_db2 = g2"),
        ("dl_dw1 += g1[:, None] * x[None, :]", "dl_dw1 = torch.add(g1, x)"),
        ("dl_db1 += g1", "dl_db1 = g1"),
    )
    assert found.misconceptions == ("backward-rebinds",)
    assert found.alternatives == ()


def test_each_mistake_has_its_line_and_the_first_quantity_that_they_make_wrong():
    found = backward(
        ("dsigma(s1)", "dsigma(x1)"), ("* x1[None, :]", "* s1[None, :]")
    )
    assert found.misconceptions == (
        "backward-dsigma-of-x1",
        "backward-dw2-from-s1",
    )
    assert found.lines["backward-dsigma-of-x1"] == found.line == 3
    assert found.first_wrong == "dl_ds1"


def test_a_mistake_that_is_not_written_as_expected_has_the_line_that_shows_it():
    found = backward(
        (
            "dl_dw2 += g2[:, None] * x1[None, :]",
            "dl_dw2 = sum([dl_dw2, g2[:, None] * x1[None, :]])",
        ),
        ("dl_db2 += g2", "dl_db2 = sum([dl_db2, g2])"),
        (
            "dl_dw1 += g1[:, None] * x[None, :]",
            "dl_dw1 = sum([dl_dw1, g1[:, None] * x[None, :]])",
        ),
        ("dl_db1 += g1", "dl_db1 = sum([dl_db1, g1])"),
    )
    assert found.lines == {"backward-rebinds": 4}
