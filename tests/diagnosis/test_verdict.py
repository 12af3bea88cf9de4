"""What is claimed on the way to a diagnosis."""

from grader.diagnosis.verdict import Claims, Clue
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
