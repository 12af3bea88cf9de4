"""Beginners' slips that every exercise knows: exceptions whose cause the source shows, and omissions."""

from grader.diagnosis.slips.naming import slip_of
from grader.diagnosis.slips.omissions import endless_loop, slip_without_value

__all__ = ["endless_loop", "slip_of", "slip_without_value"]
