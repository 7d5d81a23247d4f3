"""What the gaps need of the emulator's insides, and what its answers look like."""

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ministack.core.responses import error_response_json

Json = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Replacements = Mapping[str, Sequence[tuple[str, str]]]
_Function = TypeVar("_Function", bound=Callable[..., Any])

log = logging.getLogger("presso")


@dataclass(frozen=True)
class Request:
    """A request to a service.

    Args:
        headers: Their names are in lower case.
        query: A parameter's value, or the list of its values.
    """

    method: str
    path: str
    headers: Json
    body: bytes
    query: Json


class EmulatorChanged(SystemExit):
    """The emulator lacks something that is needed here, so its gaps cannot be filled. Ends the process."""


class Patches:
    """The patches of one file, and what they need of the emulator."""

    def __init__(self) -> None:
        self._needed: dict[Any, dict[str, str | None]] = {}
        self._changes: list[Callable[[], None]] = []
        self._scripts: list[tuple[Any, Replacements, str]] = []

    def uses(self, module: Any, *names: str, **functions: str) -> None:
        """Note what the patches use of a module beside what they are put around.

        Args:
            module: The module, or class.
            names: What is not a function.
            functions: The functions, each with the names of its parameters.
        """
        self._needed.setdefault(module, {}).update({**dict.fromkeys(names), **functions})

    def around(self, module: Any, name: str = "") -> Callable[[_Function], _Function]:
        """Return a decorator: puts a function around one of the emulator's.

        The function gets that one as its first argument, then the arguments of a call, which have the
        emulator's own names.

        Args:
            module: The module, or class, with the emulator's function.
            name: The emulator's function, if it has another name.
        """

        def register(function: _Function) -> _Function:
            called = name or function.__name__
            parameters = list(inspect.signature(function).parameters.values())[1:]
            if all(each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters):
                self.uses(module, **{called: " ".join(each.name for each in parameters)})
            self._changes.append(lambda: setattr(module, called, _bound(function, getattr(module, called))))
            return function

        return register

    def before(
        self, module: Any, body: str = "body"
    ) -> Callable[[Callable[[Request], Response | None]], Callable[[Request], Response | None]]:
        """Return a decorator: puts a function before a service's `handle_request`, which has what it leaves.

        The function returns its answer to a request; None for one that the service is to answer.

        Args:
            module: The service's module.
            body: The emulator's name for the parameter with the request's body.
        """

        def register(answered: Callable[[Request], Response | None]) -> Callable[[Request], Response | None]:
            async def handle(original: Callable[..., Awaitable[Response]], *given: Any) -> Response:
                answer = answered(Request(*given))
                return await original(*given) if answer is None else answer

            self.around(module, "handle_request")(handle)
            self.uses(module, handle_request=f"method path headers {body} query_params")
            return answered

        return register

    def also(self, change: Callable[[], None]) -> Callable[[], None]:
        """Decorate a function that makes another change of the emulator."""
        self._changes.append(change)
        return change

    def later(self, app: Any, service: str, patches_of: Callable[[Any], "Patches"]) -> None:
        """Patch a service's module when its first request imports it.

        Args:
            app: The emulator's application.
            service: The module's name.
            patches_of: Returns the patches of the module.
        """

        @functools.cache
        def put_right(module: Any) -> None:
            found = patches_of(module)
            if faults := list(found.missing()):
                raise EmulatorChanged(f"ministack has changed: {', '.join(faults)}.")
            found.apply()

        @self.around(app, "_get_module")
        def get_module(original: Callable[[str], Any], name: str) -> Any:
            module = original(name)
            if name == service:
                put_right(module)
            return module

    def rewrite(self, module: Any, changes: Replacements, otherwise: str) -> None:
        """Replace texts in scripts of the emulator.

        Args:
            module: The module that has them.
            changes: The texts to replace, once each, and by what, by the script's name.
            otherwise: What a script does that lacks one of them.
        """
        self._scripts.append((module, changes, otherwise))
        self._changes.append(lambda: _rewrite(module, changes))

    def apply(self) -> None:
        """Make the changes."""
        for change in self._changes:
            change()

    def missing(self) -> Iterator[str]:
        """Yield what the emulator lacks, and functions that have other parameters than expected."""
        for module, changes, otherwise in self._scripts:
            for name, replaced in changes.items():
                if any(old not in getattr(module, name, "") for old, _ in replaced):
                    yield f"{module.__name__}.{name} {otherwise}"
        for module, names in self._needed.items():
            for name, parameters in names.items():
                value = getattr(module, name, None)
                if value is None:
                    yield f"{module.__name__}.{name} is missing"
                elif (
                    parameters is not None and list(inspect.signature(value).parameters) != parameters.split()
                ):
                    yield f"{module.__name__}.{name} takes {inspect.signature(value)}"


def _rewrite(module: Any, changes: Replacements) -> None:
    for name, replaced in changes.items():
        script: str = getattr(module, name)
        for old, new in replaced:
            script = script.replace(old, new, 1)
        setattr(module, name, script)


def _bound(function: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def patched(*arguments: Any, **named: Any) -> Any:
        return function(original, *arguments, **named)

    return patched


def refusal(code: str, message: str) -> Response:
    """The answer that refuses a request."""
    response: Response = error_response_json(code, message, 400)
    return response
