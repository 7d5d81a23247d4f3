"""How long a test waits for a process that should end by itself."""

# On a busy machine a command takes twenty times as long. A test's own limit, in pyproject.toml, is longer.
PATIENCE = 300
