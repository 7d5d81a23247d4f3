"""What tests of extensions are given: a plugin of pytest's (plugin.py), loaded by pyproject.toml."""
