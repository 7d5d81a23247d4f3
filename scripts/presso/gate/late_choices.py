"""Whether values that AWS sets by chance choose what an extension is: which policy, target, queue or code.

Nearly all that AWS computes follows from names, so the gate knows it before an apply. Ids of keys, ends of
secrets' ARNs, stamps, versions and all else that is not predicted are *late*: another value may be applied
than was judged. A reference may contain a late value: it leads to the same resource for every value. But if
a late value selects among several texts, the one that is applied may not be the one that was judged.

Plans with other predictions (`predictions`) find most choices of any construct. A choice that differs at one
value in a hundred, or from a date on, shows in the expressions only. These are followed from the attributes
that a real plan may not know (`unknown_values`) through locals, modules, data sources and other resources'
attributes. Only constructs that pass a value on are allowed with late ones; everything else counts as a
choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any, NamedTuple

from presso.gate import computed_attributes, paths, unknown_values
from presso.gate.model import Model, Place
from presso.hcl.blocks import Block, template_in
from presso.hcl.modules import local_module, platform_module
from presso.hcl.values import parts, source_of


class Late(IntEnum):
    """How a value depends on late ones."""

    NOT = 0
    CONTAINS = 1
    ORDERED = 2  # a collection whose items, order or length late values decide, such as distinct ones


_OF_ALL = ("region", "tags_all")
_NAMES = ("name", "bucket", "function_name", "alarm_name", "dashboard_name")
# The outputs of building blocks that follow from names; not of those with ids in their ARNs.
_OUTPUTS = ("arn", "dead_letter_queue_arn", "log_group", "name", "role_arn", "rule_arn", "statements")
_WITH_IDS = ("event-destination",)
# What the provider writes as it is into a policy. It merges the rest of a document:
# of statements with one sid, the last one counts.
_DOCUMENT = "aws_iam_policy_document"
_WRITTEN_AS_GIVEN = frozenset(
    {
        *("for_each", "statement.condition.for_each", "statement.condition.values", "statement.for_each"),
        *("statement.not_principals.identifiers", "statement.not_resources"),
        *("statement.principals.identifiers", "statement.resources"),
    }
)
_MERGED = ("override_policy_documents", "source_policy_documents")
# Arguments of building blocks that are data, or that a plan must know.
_DATA = frozenset({"authorization", "description", "environment", "headers", "input", "source"})
# Functions that pass on what they are given, in its order. What decodes a text does not: the text decides
# which of two equal keys counts, and what an alias in YAML is.
_PASSING = frozenset(
    {
        *("base64encode", "concat", "flatten", "format", "formatlist", "join", "jsonencode"),
        *("lower", "merge", "nonsensitive", "one", "sensitive", "tolist", "tomap", "tostring"),
        *("trimspace", "upper", "urlencode", "values", "yamlencode", "zipmap"),
    }
)
# The first argument of these decides where the others go.
_BY_FIRST = frozenset({"format", "formatlist", "join", "zipmap"})
_EXPANDED = frozenset({"concat", "merge"})  # which may get a collection of arguments
# They keep the order, and leave out what late values decide. (Sorting by late values is a choice.)
_ORDERING = frozenset({"compact", "distinct"})
# Functions that need their arguments in the order that is judged.
_IN_ORDER = frozenset({"coalesce", "coalescelist", "format", "join", "merge", "one", "try", "zipmap"})
# Functions that may remove a prefix or suffix of a late value, if it is one of these few characters: a longer
# one could remove all of it.
_CUTTING = frozenset({"trimprefix", "trimsuffix"})
_CUT = re.compile(r'"(https?://|[/:*]{1,2})"')
# Verbs of format() that write out what they are given: no precision, no width.
_PLAIN_FORMAT = re.compile(r'"([^%"\\$]|%[sdvq%])*"')
_NEVER_EMPTY = ("arn", "function_url", "id", "key_id", "name", "url")
_SAME = frozenset({"nonsensitive", "one", "sensitive", "tostring", "try"})  # the first argument, or null
_PARTS = frozenset({"element", "lookup", "slice"})
_SHAPE = frozenset({"keys", "length"})
# Not texts: the length of a text that AWS computes may be anything.
_COLLECTIONS = frozenset({"for_object_expr", "for_tuple_expr", "object", "tuple"})
_MADE_COLLECTIONS = frozenset({"concat", "flatten", "formatlist", "keys", "merge", "slice", "tolist"})
_MADE_COLLECTIONS |= {"tomap", "values", "zipmap"}
_REFERENCES = frozenset(
    {"attr_splat_expr_term", "full_splat_expr_term", "get_attr_expr_term", "identifier", "index_expr_term"}
)
# Names that lead to nothing late, where they are not bound. Any other name may be late.
_CERTAIN_ROOTS = frozenset({"count", "path", "terraform"})
# Constructs that are as late as what is in them. Any other one is a choice by what is in it.
_TRANSPARENT = frozenset(
    {
        *("binary_operator", "binary_term", "expr_term", "float_lit", "for_cond", "int_lit", "interpolation"),
        *("keyword", "literal_value", "object", "object_elem_key", "object_elem_key_expr"),
        *("string", "string_part", "tuple"),
    }
)
# Meta-arguments that hold addresses, not values.
_ADDRESSES = ("depends_on", "provider")
_LOOPS = ("for_object_expr", "for_tuple_expr", "template_for")
_SPLAT = object()
_DEEPEST = 5


class Choice(NamedTuple):
    """A choice by a late value: where it is written, the expression, and what it decides."""

    place: Place
    text: str
    decides: str


class _Name(NamedTuple):
    """What a loop gives a name to: how late it is, and the resource if it is one."""

    late: Late
    resource: Block | None = None


Names = Mapping[str, _Name]


class _Module:
    """A module of the extension as it is called.

    Args:
        folder: Its folder, "" for the extension itself.
        call: The module that calls it, and the block there; None for the extension itself.
    """

    def __init__(self, folder: str, blocks: Iterable[Block], call: tuple[_Module, Block] | None) -> None:
        self.folder, self.call = folder, call
        self.locals: dict[str, tuple[Block, Any]] = {}
        self.blocks: dict[tuple[str, ...], Block] = {}
        self.known: dict[tuple[str, ...], Late] = {}
        self.called: dict[str, _Module] = {}
        for block in blocks:
            if block.type == "locals":
                self.locals |= {name: (block, node) for name, node in block.attributes.items()}
            elif block.labels:
                self.blocks[(block.type, *block.labels)] = block


class _Where(NamedTuple):
    """Where an expression is: its module, what loops around it give names to, and its place."""

    module: _Module
    names: Names
    place: Place


class _Attribute(NamedTuple):
    """An attribute in a block: its path, its expression, and where that is."""

    path: str
    node: Any
    where: _Where


def choices(model: Model) -> Iterator[Choice]:
    """Yield the choices that late values make in what a real plan may not know, each once."""
    reader = _Reader(model)
    seen: set[tuple[Place, str]] = set()
    for choice in reader.choices(reader.module("", None, 0)):
        if choice[:2] not in seen:
            seen.add(choice[:2])
            yield choice


class _Reader:
    """Follows the expressions of an extension."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: list[tuple[Place, str]] = []
        self.has_code_in_buckets = any(
            block.labels[:1] in (("aws_lambda_function",), ("aws_lambda_layer_version",))
            and block.has("s3_bucket")
            for block in model.text.all("resource")
        )

    def module(self, folder: str, call: tuple[_Module, Block] | None, depth: int) -> _Module:
        """A module, with those that it calls."""
        made = _Module(folder, self.model.text.blocks.get(folder, ()), call)
        for block in made.blocks.values() if depth < _DEEPEST else ():
            inner = local_module(self.model.text.root, folder, block)
            if inner is not None:
                made.called[block.labels[0]] = self.module(inner, (made, block), depth + 1)
        return made

    def choices(self, module: _Module) -> Iterator[Choice]:
        """Yield the choices in a module and in those that it calls."""
        for block in module.blocks.values():
            for path, node, where in self._attributes(module, block):
                if self._decides(module, block, path):
                    self.late(node, where)
                yield from (Choice(*found, f"{path} of {block.address}") for found in self.found)
                self.found.clear()
        for called in module.called.values():
            yield from self.choices(called)

    def _decides(self, module: _Module, block: Block, path: str) -> bool:
        """Whether an attribute decides something and may be unknown in a real plan."""
        kind = block.labels[0]
        if block.type == "module":
            return platform_module(module.folder, block) is not None and path not in _DATA
        if block.type != "resource":
            return block.type == "data" and kind == "archive_file"
        if path == "for_each":
            return False
        if path.endswith(".for_each"):
            return True
        if kind == "aws_s3_object" and self.has_code_in_buckets:
            return unknown_values.may_be_unknown(kind, path)
        is_data = unknown_values.is_data(kind, path) and not unknown_values.is_destination(kind, path)
        return unknown_values.may_be_unknown(kind, path) and not is_data

    def _attributes(self, module: _Module, block: Block) -> Iterator[_Attribute]:
        """Every attribute of a block, and of the blocks in it."""
        here = _Where(module, {}, Place(block.file, block.line))
        found = len(self.found)
        over = self._bound(block.attributes.get("for_each"), here)
        del self.found[found:]  # Terraform refuses what it does not know there (S-010)
        names: Names = {"each.key": _key(over), "each.value": over}
        waiting: list[tuple[str, Block, Names]] = [("", block, names)]
        while waiting:
            above, at, names = waiting.pop()
            for name, node in at.attributes.items():
                if name in _ADDRESSES and not above:
                    continue
                where = _Where(module, names, Place(at.file, at.line_of(name)))
                yield _Attribute(f"{above}{name}", node, where)
            for inner in at.blocks:
                if inner.type != "dynamic":
                    waiting.append((f"{above}{inner.type}.", inner, names))
                    continue
                over = self._bound(inner.attributes.get("for_each"), here._replace(names=names))
                bound = {**names}
                for label in paths.iterators(inner):
                    bound |= {f"{label}.key": _key(over), f"{label}.value": over}
                below = f"{above}{inner.labels[0]}."
                waiting += [(below, replace(inner, blocks=()), names)]
                waiting += [(below, content, bound) for content in inner.blocks]

    def _bound(self, node: Any, where: _Where) -> _Name:
        """What a loop over an expression gives a name to."""
        if node is None:
            return _Name(Late.NOT)
        base, steps = _traversed(node)
        if base.lark_name() == "function_call" and source_of(parts(base)[0]) == "values":
            base, steps = _traversed(parts(parts(base)[1])[0])
        named = [step for step in steps if isinstance(step, str)]
        if base.lark_name() == "identifier" and len(named) == 1 and not where.names.get(source_of(base)):
            resource = where.module.blocks.get(("resource", source_of(base), named[0]))
            if resource is not None:
                return _Name(Late.CONTAINS, resource)
        return _Name(self.late(node, where))

    def late(self, node: Any, where: _Where) -> Late:
        """How late an expression's value is; choices in it are added to `found`."""
        kind, inside = node.lark_name(), parts(node)
        if kind in _REFERENCES:
            return self._reference(node, where)
        if kind == "function_call":
            return self._call(node, where)
        if kind in _LOOPS:
            return self._loop(node, where)
        if kind.startswith("heredoc_template"):
            return min(self.late(template_in(node), where), Late.CONTAINS)
        if kind in ("conditional", "template_if"):
            self._known(inside[0], node, where)
            return self._most(inside[1:], where)
        if kind == "object_elem":
            key, value = inside
            if parts(key)[0].lark_name() != "identifier":
                self._known(key, node, where)
            return self.late(value, where)
        if kind in ("binary_op", "unary_op"):
            found = self._most(inside, where)
            if found and not _is_about_null(node):
                self._choice(node, where)
            return Late.NOT
        found = self._most(inside, where)
        if kind not in _TRANSPARENT and found:
            self._choice(node, where)
        if kind not in _TRANSPARENT and not inside:
            return Late.CONTAINS
        return min(found, Late.CONTAINS) if kind == "string" else found

    def _most(self, nodes: Iterable[Any], where: _Where) -> Late:
        return max((self.late(node, where) for node in nodes), default=Late.NOT)

    def _known(self, node: Any, whole: Any, where: _Where) -> None:
        """Note a choice if an expression that decides another one is late."""
        if self.late(node, where):
            self._choice(whole, where)

    def _choice(self, node: Any, where: _Where) -> None:
        self.found.append((where.place, source_of(node)))

    def _loop(self, node: Any, where: _Where) -> Late:
        intro, *rest = parts(node)
        *labels, over = parts(intro)
        name = self._bound(over, where)
        key = Late.CONTAINS if name.late is Late.ORDERED else Late.NOT
        names = {source_of(label): _Name(key) for label in labels[:-1]} | {source_of(labels[-1]): name}
        within = where._replace(names={**where.names, **names})
        if node.lark_name() == "for_object_expr":
            self._known(rest.pop(0), node, within)
        found = Late.NOT
        for part in rest:
            if part.lark_name() == "for_cond":
                self._known(part, node, within)
            else:
                found = max(found, self.late(part, within))
        return max(found, name.late) if name.late is Late.ORDERED else found

    def _call(self, node: Any, where: _Where) -> Late:
        name, *rest = parts(node)
        called = source_of(name).rpartition("::")[2]
        given = parts(rest[0]) if rest else []
        if called == "templatefile" and len(given) == 2:
            return self._template(node, given, where)
        lates = [self.late(each, where) for each in given]
        most = max(lates, default=Late.NOT)
        expanded = bool(rest) and source_of(rest[0]).rstrip().endswith("...")
        passes = not expanded or (called in _EXPANDED and most is not Late.ORDERED)
        if not most or (passes and self._passes(where, called, given, lates)):
            return Late.ORDERED if most and called in _ORDERING else Late.NOT if called in _SHAPE else most
        self._choice(node, where)
        return Late.NOT

    def _passes(self, where: _Where, called: str, given: Sequence[Any], lates: list[Late]) -> bool:
        """Whether a function passes late values on, without a choice by them."""
        if Late.ORDERED in lates and called in _IN_ORDER:
            return False
        if called in _SHAPE or called in _PARTS:
            by_place = lates[1:2] if called == "lookup" else lates[1:]  # a default is not a choice
            counted = called != "length" or self._is_collection(where, given[0])
            return counted and lates[0] is not Late.ORDERED and not any(by_place)
        if called in ("try", "can"):
            names = [_traversed(each)[0].lark_name() == "identifier" for each in given]
            return all(not late or is_name for late, is_name in zip(lates, names, strict=True))
        if called in ("coalesce", "coalescelist"):
            # Whether there is one is known: what AWS computes there is never empty.
            pairs = zip(given[:-1], lates[:-1], strict=True)
            return all(self._is_never_empty(where, each) for each, late in pairs if late)
        if called in _CUTTING:
            return bool(_CUT.fullmatch(source_of(given[1]))) and self._is_never_empty(where, given[0])
        if called in ("format", "formatlist") and not self._is_plain(called, given):
            return False
        return called in _ORDERING or (called in _PASSING and not (called in _BY_FIRST and lates[0]))

    def _is_plain(self, called: str, given: Sequence[Any]) -> bool:
        """Whether a format writes out what it is given; of several lists, an order would pair the items."""
        return bool(_PLAIN_FORMAT.fullmatch(source_of(given[0]))) and (called == "format" or len(given) == 2)

    def _is_never_empty(self, where: _Where, node: Any, depth: int = _DEEPEST) -> bool:
        """Whether an expression is what AWS computes of a resource, or null, but no empty text."""
        base, steps = _traversed(node)
        if base.lark_name() == "function_call" and not steps and depth:
            name, *rest = parts(base)
            given = parts(rest[0]) if rest else []
            others = [source_of(each) for each in given[1:]]
            same = source_of(name) in _SAME and given and set(others) <= {"null"}
            return bool(same) and self._is_never_empty(where, given[0], depth - 1)
        if base.lark_name() != "identifier":
            return False
        root, names = source_of(base), [step for step in steps if isinstance(step, str)]
        bound = where.names.get(root) or where.names.get(f"{root}.{names[0]}" if names else root)
        if bound is not None:
            return bound.resource is not None and names[-1:] != [] and names[-1] in _NEVER_EMPTY
        if root == "local" and len(names) == len(steps) == 1 and depth:
            _, local = where.module.locals.get(names[0], (None, None))
            return local is not None and self._is_never_empty(where._replace(names={}), local, depth - 1)
        resource = where.module.blocks.get(("resource", root, names[0])) if names else None
        return resource is not None and len(names) == 2 and names[1] in _NEVER_EMPTY

    def _is_collection(self, where: _Where, node: Any, depth: int = _DEEPEST) -> bool:
        """Whether an expression is a collection: a text is as long as what AWS computes for it."""
        base, steps = _traversed(node)
        kind, names = base.lark_name(), [step for step in steps if isinstance(step, str)]
        if _SPLAT in steps or (kind in _COLLECTIONS and not steps):
            return True
        if kind == "function_call" and not steps:
            return source_of(parts(base)[0]) in _MADE_COLLECTIONS
        if kind == "conditional" and depth:
            return all(self._is_collection(where, each, depth - 1) for each in parts(base)[1:])
        if kind != "identifier" or len(names) != len(steps) or len(names) != 1 or not depth:
            return False
        root, module = source_of(base), where.module
        if root == "local" and names[0] in module.locals:
            local = module.locals[names[0]][1]
            return self._is_collection(where._replace(names={}), local, depth - 1)
        if root == "var" and module.call is not None:
            parent, block = module.call
            given = block.attributes.get(names[0])
            there = _Where(parent, {}, where.place)
            return given is not None and self._is_collection(there, given, depth - 1)
        return ("resource", root, names[0]) in module.blocks

    def _template(self, node: Any, given: Sequence[Any], where: _Where) -> Late:
        file, values = given
        found = self.late(values, where)
        while values.lark_name() == "expr_term" and len(parts(values)) == 1:
            (values,) = parts(values)
        if not found:
            return Late.NOT
        template = paths.template_at(self.model, where.module.folder, file)
        if template is None or values.lark_name() != "object":
            self._choice(node, where)
            return Late.NOT
        elements = [parts(element) for element in parts(values)]
        names = {source_of(key).strip('"'): _Name(self.late(value, where)) for key, value in elements}
        return min(self.late(template, where._replace(names=names)), Late.CONTAINS)

    def _reference(self, node: Any, where: _Where) -> Late:
        base, steps = _traversed(node)
        for step in steps:
            if not isinstance(step, str) and step is not _SPLAT:
                self._known(step, node, where)
        if base.lark_name() == "identifier":
            found, rest = self._named(source_of(base), [s for s in steps if isinstance(s, str)], where)
        else:
            found, rest = self.late(base, where), [""]
        if found is Late.ORDERED and (rest or any(not isinstance(step, str) for step in steps)):
            self._choice(node, where)
            return Late.NOT
        return found

    def _named(self, root: str, names: list[str], where: _Where) -> tuple[Late, list[str]]:
        """How late what a name leads to is, and the names after that."""
        module, first = where.module, names[0] if names else ""
        bound = where.names.get(root) or where.names.get(f"{root}.{first}")
        if bound is not None:
            rest = names if root in where.names else names[1:]
            if bound.resource is not None and rest:
                return self._of_resource(module, bound.resource, rest[0]), rest[1:]
            return bound.late, rest
        within = [name.late for label, name in where.names.items() if label.startswith(f"{root}.")]
        if within:  # an iterator as a whole, or its part by an index
            return max(within), names
        if root == "local" and first in module.locals:
            return self._of_local(module, first), names[1:]
        if root == "var":
            return self._of_variable(module, first), names[1:]
        if root == "module":
            return self._of_call(module, first, names[1] if len(names) > 1 else ""), names[2:]
        if root == "data" and len(names) > 1:
            return self._of_data(module, module.blocks.get(("data", first, names[1]))), names[3:]
        resource = module.blocks.get(("resource", root, first))
        if resource is None:
            return (Late.NOT if root in _CERTAIN_ROOTS else Late.CONTAINS), []
        if len(names) == 1:
            return Late.CONTAINS, []
        return self._of_resource(module, resource, names[1]), names[2:]

    def _of_local(self, module: _Module, name: str) -> Late:
        block, node = module.locals[name]
        where = _Where(module, {}, Place(block.file, block.line_of(name)))
        return self._once(module, ("local", name), lambda: self.late(node, where))

    def _of_variable(self, module: _Module, name: str) -> Late:
        if module.call is None:
            return Late.NOT
        parent, block = module.call
        declared = module.blocks.get(("variable", name))
        kind = declared.attributes.get("type") if declared is not None else None
        found = self._once(module, ("var", name), lambda: self._under(parent, block, name))
        # A set is in the order of its items, wherever it is in the type.
        return Late.ORDERED if found and kind is not None and "set(" in _words(kind) else found

    def _of_call(self, module: _Module, name: str, output: str) -> Late:
        called, block = module.called.get(name), module.blocks.get(("module", name))
        if called is not None:
            found = called.blocks.get(("output", output))
            if found is None:
                return Late.CONTAINS
            return self._once(called, ("output", output), lambda: self._under(called, found, "value"))
        platform = platform_module(module.folder, block) if block is not None else None
        return Late.NOT if output in _OUTPUTS and platform not in _WITH_IDS else Late.CONTAINS

    def _of_data(self, module: _Module, block: Block | None) -> Late:
        if block is None:
            return Late.CONTAINS
        key = ("data", *block.labels)
        return min(self._once(module, key, lambda: self._read(module, block)), Late.CONTAINS)

    def _read(self, module: _Module, block: Block) -> Late:
        """How late what a data source returns is."""
        if block.labels[0] != _DOCUMENT:
            return self._under(module, block, "")
        found = Late.NOT
        for path, node, where in self._attributes(module, block):
            late = self.late(node, where)
            if late and not (path in _WRITTEN_AS_GIVEN or self._is_merged(path, node)):
                self._choice(node, where)
            found = max(found, late)
        return found

    def _is_merged(self, path: str, node: Any) -> bool:
        """Whether the merged documents are documents of the extension: their sids are judged there."""
        base, steps = _traversed(node)
        several = parts(base) if base.lark_name() == "tuple" and not steps else [node]
        return path in _MERGED and all(map(_is_document, several))

    def _of_resource(self, module: _Module, block: Block, attribute: str) -> Late:
        key = ("resource", *block.labels, attribute)
        return self._once(module, key, lambda: self._value(module, block, attribute))

    def _value(self, module: _Module, block: Block, attribute: str) -> Late:
        kind = block.labels[0]
        if block.has(attribute) or any(attribute in inner.labels for inner in block.blocks):
            found = self._under(module, block, attribute)
            return Late.ORDERED if found and unknown_values.is_set(kind, attribute) else found
        if not unknown_values.computed(kind, attribute):
            return Late.NOT
        names = [name for name in _NAMES if block.has(name)]
        known = computed_attributes.of(kind)
        certain = (*known.from_names, *_OF_ALL, *(() if block.has(known.if_set) else known.without))
        if names and attribute in certain:
            return max(self._under(module, block, name) for name in names)
        return Late.CONTAINS

    def _under(self, module: _Module, block: Block, attribute: str) -> Late:
        """How late an attribute of a block is, or what is in a block in it; "" for everything in it."""
        found = [
            self.late(node, where)
            for path, node, where in self._attributes(module, block)
            if attribute in ("", path, path.partition(".")[0])
        ]
        return max(found, default=Late.NOT)

    def _once(self, module: _Module, key: tuple[str, ...], work: Callable[[], Late]) -> Late:
        if key not in module.known:
            module.known[key] = Late.NOT  # what refers to itself is refused by Terraform
            module.known[key] = work()
        return module.known[key]


def _traversed(node: Any) -> tuple[Any, list[Any]]:
    """The node that a reference begins with, and its steps: a name, an index's node, or `_SPLAT`."""
    steps: list[Any] = []
    while True:
        kind, inside = node.lark_name(), parts(node)
        if kind == "expr_term" and len(inside) == 1:
            (node,) = inside
        elif kind == "get_attr_expr_term":
            steps.insert(0, source_of(inside[1]).lstrip("."))
            node = inside[0]
        elif kind == "index_expr_term":
            index = parts(inside[1])
            steps.insert(0, index[0] if index else inside[1])
            node = inside[0]
        elif kind in ("attr_splat_expr_term", "full_splat_expr_term"):
            after = [_after_splat(part) for part in parts(inside[1])]
            steps = [_SPLAT, *after, *steps]
            node = inside[0]
        else:
            return node, steps


def _key(over: _Name) -> _Name:
    """Return the name of a loop's key: the item itself for a set; for a list or a map, not the item."""
    return _Name(over.late if over.late is Late.ORDERED else Late.NOT)


def _words(node: Any) -> str:
    return re.sub(r"\s", "", source_of(node))


def _is_document(node: Any) -> bool:
    base, steps = _traversed(node)
    names = [step for step in steps if isinstance(step, str)]
    is_data = base.lark_name() == "identifier" and source_of(base) == "data"
    return is_data and names[:1] == [_DOCUMENT] and names[2:] == ["json"]


def _after_splat(node: Any) -> Any:
    if node.lark_name() == "get_attr":
        return source_of(node).lstrip(".")
    index = parts(node)
    return index[0] if index else node


def _is_about_null(node: Any) -> bool:
    """Whether a comparison is with null: what AWS computes is not null, and the gate predicts no null."""
    if node.lark_name() != "binary_op":
        return False
    left, term = parts(node)
    operator, right = parts(term)
    return source_of(operator) in ("==", "!=") and "null" in (source_of(left), source_of(right))
