"""The examples of community modules, run on the offline provider: a command, not a part of the tests."""
