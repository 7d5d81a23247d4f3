"""Reads the code of functions: whether it can start, without running it."""
