"""Tests of a checkout: starts pytest and linters; extensions' tests get a plugin of pytest's (plugin.py)."""
