"""What runs beside the student's code: the warm process, its workers, and the modules they offer."""
