"""Diagnosis: what is wrong with a function that gave wrong results."""

from grader.diagnosis.diagnose import OwnConvention, diagnose
from grader.diagnosis.observation import Evidence, Outcome, Prober
from grader.diagnosis.variant_table import prepare
from grader.diagnosis.verdict import Diagnosis

__all__ = [
    "Diagnosis",
    "Evidence",
    "Outcome",
    "OwnConvention",
    "Prober",
    "diagnose",
    "prepare",
]
