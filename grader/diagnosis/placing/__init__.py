"""Finds where a mistake stands that nobody foresaw: right values are put into the student's own source.

Each expression of the function's tree is replaced by a right value in turn (`instrument` prepares the source,
`values` has the right values), in the student's process (`inside`). Where one replacement makes the function
right, the mistake stands in that expression. `search` asks, and `marking` has the marks.
"""

from grader.diagnosis.placing.marking import with_marks
from grader.diagnosis.placing.search import Placed, place

__all__ = ["Placed", "place", "with_marks"]
