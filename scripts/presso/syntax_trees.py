"""Python's syntax trees, made by one thread at a time.

Before 3.11.5 one counter has the depth of the trees of all threads, and a second one at the same moment fails
with SystemError (https://github.com/python/cpython/issues/106905).
"""

from __future__ import annotations

import threading

# To be held while `ast` makes a tree; python-hcl2 does, when it reads its grammar.
ALONE = threading.Lock()
