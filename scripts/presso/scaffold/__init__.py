"""New extensions and platforms: created from the scaffold, copied from another one, updated to its current version."""
