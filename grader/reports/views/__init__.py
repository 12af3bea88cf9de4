"""What reports show of a result, in whatever format: each decision is made here once."""
