"""What an instrumented source asks while it runs."""

import operator

import pytest
import torch

from grader.diagnosis.placing.inside.switches import (
    Endless,
    Switches,
    alternatives,
    form,
)


def test_right_values_come_in_turn_and_are_copies():
    switches = Switches()
    value = torch.ones(2)
    switches.on["3"] = [[value, 5]]
    first = switches.right("3")
    assert torch.equal(first, value) and first is not value
    assert switches.right("3") == 5
    assert torch.equal(switches.right("3"), value)
    switches.begin(0)
    assert torch.equal(switches.right("3"), value)


def test_values_are_noted_as_they_were():
    switches = Switches()
    value = torch.zeros(2)
    assert switches.seen("1", value) is value
    value += 1
    assert torch.equal(switches.all["1"][0], torch.zeros(2))
    assert switches.counts == {"1": 1}
    switches.recording = False
    switches.seen("1", value)
    assert switches.counts == {"1": 1}


def test_what_is_written_is_asked_each_time():
    switches = Switches()
    assert switches.operated("1", "Sub", 5, 3) == operator.sub(5, 3)
    assert switches.signed("2", "USub", 5) == -5
    assert switches.function("3", "sin", torch) is torch.sin
    switches.on.update({"1": "Add", "2": "", "3": "cos"})
    assert switches.operated("1", "Sub", 5, 3) == 8
    assert switches.signed("2", "USub", 5) == 5
    assert switches.function("3", "sin", torch) is torch.cos
    switches.on["3"] = ""
    assert switches.function("3", "sin", torch)(7) == 7
    assert switches.function("3", "sin", torch.ones(1))() == 1


def test_a_power_of_whole_numbers_is_no_number_of_a_million_digits():
    switches = Switches()
    switches.on["1"] = "Pow"
    with pytest.raises(OverflowError):
        switches.operated("1", "Mult", 10, 10**6)


def test_what_a_student_wrote_stays_what_it_was():
    made = Switches().operated("1", "Pow", 2, 3)
    assert made == 8 and isinstance(made, int)


def test_arguments_change_places():
    switches = Switches()
    assert switches.arranged("1", (1, 2, 3)) == (1, 2, 3)
    switches.on["1"] = 0, 2
    assert switches.arranged("1", (1, 2, 3)) == [3, 2, 1]


def test_a_loop_has_an_end():
    switches = Switches()
    switches.most_turns = 2
    switches.turn()
    switches.turn()
    with pytest.raises(Endless):
        switches.turn()


def test_forms_and_alternatives():
    assert form(torch.zeros(2, 3)) == (2, 3)
    assert form(1) == form(2.5) == "number" != form("1")
    assert "cos" in alternatives("sin") and "sin" not in alternatives("sin")
    assert alternatives("frobnicate") == []
