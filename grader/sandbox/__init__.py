"""The trust boundary: everything between the checks and the student's code."""
