"""How a checkout is tested: pytest and linters are started, and extensions' tests get a plugin (plugin.py)."""
