"""What a worker may not do: the layers of confinement, their levels, and what this machine enforces."""
