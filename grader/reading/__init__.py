"""Reading a submission: its cells, statements, names and slices. Static: nothing here runs student code."""
