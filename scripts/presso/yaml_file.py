"""A YAML file read with the line of every key, so that an error names file, line and key."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from presso.errors import UsageError
from presso.nearest import nearest

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

DEEPEST = 30
Location = tuple[str | int, ...]
Model = TypeVar("Model", bound="BaseModel")


@dataclass(frozen=True)
class YamlFile:
    """A YAML document and where its parts stand.

    Args:
        shown: The file's name for people.
        data: The document as plain Python values.
        lines: The line (from 1) of every key and list item by its path, such as `("extensions", 0)`.
    """

    shown: str
    data: Any
    lines: dict[Location, int]

    @classmethod
    def read(cls, path: Path, shown: str) -> "YamlFile":
        """Read a file with one document.

        Raises:
            UsageError: The file cannot be read, is no YAML, or gives a key twice.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UsageError(f"{shown} cannot be read: {reason}.") from error
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise cls._broken(shown, error) from error
        lines: dict[Location, int] = {(): 1}
        if node is not None:
            _note_lines(shown, node, (), lines)
        return cls(shown, data, lines)

    @staticmethod
    def _broken(shown: str, error: yaml.YAMLError) -> UsageError:
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}:{mark.line + 1}" if mark else shown
        problem = getattr(error, "problem", None) or str(error)
        return UsageError(f"{where}: broken YAML: {problem}.", hint="Check the indentation and quotes there.")

    def where(self, location: Location) -> str:
        """Return `file:line` of the deepest known part of a path."""
        return f"{self.shown}:{self._line(location)}"

    def _line(self, location: Location) -> int:
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines[location]

    def parse(self, model: type[Model]) -> Model:
        """Return the document as the model.

        Raises:
            UsageError: Each fault on a line of its own, with file, line and key.
        """
        from pydantic import ValidationError

        if not isinstance(self.data, dict):
            keys = ", ".join(_keys(model))
            raise UsageError(f"{self.shown}:1: expected keys and values.", hint=f"Known keys: {keys}.")
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            details = sorted(error.errors(include_url=False), key=lambda detail: self._line(detail["loc"]))
            faults = [self._fault(model, detail) for detail in details]
            raise UsageError("\n".join(dict.fromkeys(faults))) from error

    def _fault(self, model: type["BaseModel"], detail: "ErrorDetails") -> str:
        location = detail["loc"]
        key = ".".join(str(part) for part in location)
        kind = detail["type"]
        if kind == "extra_forbidden":
            known = _keys(_model_at(model, location[:-1]))
            found = nearest(str(location[-1]), known)
            question = f" Did you mean {found}?" if found else ""
            return f"{self.where(location)}: {key}: unknown key.{question} Known keys: {', '.join(known)}."
        if kind == "missing":
            return f"{self.where(location[:-1])}: {key}: missing; this key is required."
        message = detail["msg"].removeprefix("Value error, ").removesuffix(".")
        given = detail["input"]
        if kind == "string_type" and isinstance(given, bool | int | float):
            message = "a text is needed; YAML reads this as a number, or as yes or no: write it in quotes"
        shown = "" if isinstance(given, dict | list) else f" (given: {given!r})"
        return f"{self.where(location)}: {key}: {message[0].lower()}{message[1:]}{shown}."


def _note_lines(shown: str, node: yaml.Node, path: Location, lines: dict[Location, int]) -> None:
    """Note the line of every part below a node; refuse a key given twice, which YAML readers let pass."""
    if len(path) > DEEPEST:
        raise UsageError(f"{shown}: nested more than {DEEPEST} deep.", hint="Does an alias contain itself?")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*path, str(key.value))
            line = key.start_mark.line + 1
            if place in lines:
                raise UsageError(
                    f"{shown}:{line}: {key.value}: given twice, first on line {lines[place]}.",
                    hint="Keep one of them.",
                )
            lines[place] = line
            _note_lines(shown, value, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + 1
            _note_lines(shown, value, (*path, index), lines)


def _keys(model: "type[BaseModel]") -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type["BaseModel"], location: Location) -> type["BaseModel"]:
    """Return the model that a path inside `model` leads to, through lists and optionals."""
    from typing import get_args

    from pydantic import BaseModel

    for part in location:
        if isinstance(part, int):
            continue
        candidates: list[Any] = [f.annotation for n, f in model.model_fields.items() if part in (n, f.alias)]
        while candidates:
            candidate = candidates.pop()
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                model = candidate
                break
            candidates.extend(get_args(candidate))
    return model
