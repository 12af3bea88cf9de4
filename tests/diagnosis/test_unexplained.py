"""What is said where nothing explains the numbers, or there are none."""

from handwritten import BACKWARD, backward, diagnosed, written


def test_nothing_is_said_of_a_function_that_only_raises_something_else():
    found = diagnosed(
        "backward_pass", written("backward_pass", "raise ValueError(3)")
    )
    assert found.misconceptions == ()
    assert found.first_wrong is None


def test_what_a_function_changed_until_it_always_raised_tells_its_mistakes():
    found = backward(
        ("dsigma(s2)", "dsigma(x2)"), ("dl_db1 += g1", "raise ValueError")
    )
    assert found.misconceptions == ("backward-dsigma-of-x2",)


def test_one_wrong_expression_that_raises_the_same_is_enough():
    wrong = written(
        "backward_pass",
        BACKWARD,
        ("w2.t() @ g2", "w2 @ g2.reshape(-1, 1, 1, 1)"),
    )
    assert diagnosed("backward_pass", wrong).misconceptions == ()
