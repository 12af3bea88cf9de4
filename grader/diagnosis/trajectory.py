"""placeholder"""
from __future__ import annotations
from grader.diagnosis.observation import Diagnosis
def described(catalogue):
    return {}
def diagnose(*a):
    return Diagnosis()
