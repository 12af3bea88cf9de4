"""What was handed in: files and archives, whose they are, and which of them is graded."""
