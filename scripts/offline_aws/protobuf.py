"""Google's protobuf, without its implementation in Python where there is the one in C (upb).

`descriptor_pool` imports the former in any case: a sixth of the provider server's start.
"""

import sys
from types import ModuleType

from google.protobuf.internal import api_implementation

_IN_PYTHON = "google.protobuf.internal.python_message"
_left_out = api_implementation.Type() == "upb" and _IN_PYTHON not in sys.modules
if _left_out:
    sys.modules[_IN_PYTHON] = ModuleType(_IN_PYTHON)
try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
finally:
    if _left_out:
        del sys.modules[_IN_PYTHON]

__all__ = ["descriptor_pb2", "descriptor_pool", "message_factory"]
