"""Grading: one submission, a batch, the processes that do it, and the folder that keeps it."""
