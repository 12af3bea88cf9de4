"""Diagnosis of a function that iterates, such as a training.

Three questions are asked, in this order: what it starts from (`start`), how a step changes the parameters
(`update`) and what it reports (`history`). `diagnose` asks them; `runs` runs the student's function and the
reference's.
"""

from grader.diagnosis.iterating.diagnose import diagnose
from grader.exercise.probes import trajectories

__all__ = ["diagnose", "trajectories"]
