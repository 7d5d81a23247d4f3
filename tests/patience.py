"""How many seconds a test waits for what should happen by itself, such as the end of a process."""

# On a busy machine a command takes twenty times as long. A test's own limit, in pyproject.toml, is longer.
PATIENCE = 300
