"""Naming the mistake: variants of the reference, matched with what a student's function gives."""

from grader.diagnosis.catalogue import Catalogue
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.observation import Diagnosis, Evidence, Outcome, Prober
from grader.diagnosis.variants import prepare

__all__ = ["Catalogue", "Diagnosis", "Evidence", "Outcome", "Prober", "diagnose", "prepare"]
