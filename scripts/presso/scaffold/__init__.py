"""New extensions and platforms: created, copied from another one, updated to the current version."""
