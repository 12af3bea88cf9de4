"""What runs in the student's process to place a mistake: sent there as text, in the order of `SOURCES`.

What it reports is a claim of that process; the marks are final by then.
"""

from grader.diagnosis.placing.inside import (
    layouts,
    parts,
    runs,
    switches,
    trial,
)

SOURCES = (switches, layouts, parts, runs, trial)
