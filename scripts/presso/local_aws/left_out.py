"""What the emulator and its server import and nothing uses: left out, as it takes time at each start.

The emulator imports hypercorn to change it (`ministack.app`); uvicorn its own command line, with click and
watchfiles.
"""

import sys
from types import ModuleType

_MODULES = {
    "hypercorn": (),
    "hypercorn.config": ("Config",),
    "hypercorn.protocol": (),
    "hypercorn.protocol.events": ("EndBody", "Response"),
    "hypercorn.protocol.h11": ("H11Protocol",),
    "hypercorn.protocol.ws_stream": ("WSStream",),
    "uvicorn.main": ("Server", "main", "run"),
}


def leave_out() -> None:
    """Let imports find empty classes in place of those libraries' own."""
    for name, members in _MODULES.items():
        module = ModuleType(name)
        for member in members:
            setattr(module, member, type(member, (), {}))
        sys.modules[name] = module
