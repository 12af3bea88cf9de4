"""grader grades submissions of a by-hand neural network exercise."""
