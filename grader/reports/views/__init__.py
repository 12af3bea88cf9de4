"""What reports show of a result, whichever form they take."""
