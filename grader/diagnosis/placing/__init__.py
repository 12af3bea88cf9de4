"""Finds where a mistake stands that nobody foresaw: right values are put into the student's own source.

Each expression of the function's tree is replaced by a right value in turn (`instrument` prepares the source,
`values` has the right values), in the student's process (`trial`). Where one replacement makes the function
right, the mistake stands in that expression. `search` asks.
"""

from grader.diagnosis.placing.search import Placed, place, with_marks

__all__ = ["Placed", "place", "with_marks"]
