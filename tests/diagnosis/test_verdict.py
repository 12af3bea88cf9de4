"""What is claimed on the way to a diagnosis."""

from grader.diagnosis.verdict import Claims, Clue, Diagnosis
from grader.exercise import Misconception

MISTAKE = Misconception("id", ("f",), "title", "note", "hint")


def test_a_mistake_is_claimed_once_at_its_first_line():
    claims = Claims()
    claims.add(MISTAKE, Clue())
    claims.add(MISTAKE, Clue(3, {"name": "x"}))
    claims.add(MISTAKE, Clue(5))
    assert claims == Claims(["id"], {"id": 3}, {"name": "x"})


def test_a_line_may_be_known_before_its_mistake_is_claimed():
    claims = Claims()
    claims.place("id", None)
    claims.place("id", 4)
    assert (claims.ids, claims.lines) == ([], {"id": 4})


def test_a_diagnosis_names_claims_and_ids_in_the_exercises_order():
    claims = Claims()
    claims.add(MISTAKE, Clue(7))
    claims.place("last", 9)
    found = claims.diagnosis(
        ["first", "id", "last"], ["last"], [["first"]], "s1"
    )
    assert found.misconceptions == ("id", "last")
    assert found.alternatives == (("first", "id"),)
    assert (found.first_wrong, found.line, found.lines) == (
        "s1",
        7,
        {"id": 7, "last": 9},
    )
    assert claims.diagnosis(["first", "id", "last"]).misconceptions == ("id",)


def test_one_more_mistake_is_named_in_the_exercises_order_with_its_alternatives():
    order = ["first", "id", "last"]
    found = Diagnosis(("last",), (("first",),), "s1", 9, lines={"last": 9})
    also = found.also("id", Clue(7, {"name": "x"}), order)
    assert also.misconceptions == ("id", "last")
    assert also.alternatives == (("first", "id"),)
    assert (also.first_wrong, also.line, also.facts) == (
        "s1",
        7,
        {"name": "x"},
    )
    assert found.also("id", Clue(), order).line == 9
