"""Packages of functions: dependencies from PyPI and npm, put into one zip file with the code.

The reasons are in docs/decisions/0025-dependencies-are-built-before-the-plan.md.
"""
