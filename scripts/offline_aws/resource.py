"""What a resource type or data source is here: a table of facts and a few plain functions.

A service's file in ``services/`` (one per AWS service, see ``registry``) holds two dictionaries::

    RESOURCES = {"aws_sqs_queue": ResourceHandler(create=..., read=..., delete=..., ...)}
    DATA_SOURCES = {"aws_sqs_queue": DataSourceHandler(read=...)}

Attribute types, required/optional/computed, sensitive, write-only and block limits come from the derived
schema (``schema``); the tables below add what it lacks. Every table is keyed by *path*: attribute
names joined by dots without indexes (``"retry_policy.maximum_retry_attempts"`` means it in every block).

**Values** are plain Python: ``None`` is null, numbers are int or float, lists and sets are lists, maps,
objects and single blocks are dicts; list and set blocks are lists of dicts (``[]`` when there is none).
Every attribute of the schema is present in a dict that the engine hands out. ``UNKNOWN`` ("known after
apply") appears only at validate (``checks``) and plan (``plan``), never in create, read, update, delete.

The engine does by itself, for every type: ``tags``/``tags_all`` with default_tags and ignore_tags,
``region`` (default, replace on change, ``id@region`` on import), ``name``/``name_prefix``, timeouts,
write-only values (present in create's and update's values, never stored), defaults, unknown computed
values, replace-on-change, null against zero values, order of sets, equivalence, errors of AWS as
diagnostics, already gone on delete, taint after a partial create.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from offline_aws.aws import Aws
from offline_aws.derived_shapes import Checks, Derived
from offline_aws.handler_values import Check, Same, Values


@dataclass
class Plan:
    """A resource's plan, as ``ResourceHandler.plan`` may change it (SDK: CustomizeDiff).

    Called last, after defaults, tags, replacement and computed values are in place.

    Attributes:
        config: As configured; may hold UNKNOWN; never change it.
        prior: The refreshed state, None when the resource is created.
        values: What is planned; change it in place. Set UNKNOWN for "known after apply".
        aws: The configured provider (files: ``aws.path``). Prefer not to call AWS at plan.
        replaced: Paths that force replacement; append to it.
    """

    config: Values
    prior: Values | None
    values: Values
    aws: Aws
    replaced: list[str] = field(default_factory=list)

    def changed(self, *names: str) -> bool:
        """Whether any of these top-level attributes is to change (always, when creating)."""
        prior = self.prior
        return prior is None or any(prior.get(name) != self.values.get(name) for name in names)


def _imported_by_id(aws: Aws, identifier: str) -> Values:
    return {"id": identifier}


@dataclass(frozen=True, kw_only=True)
class ResourceHandler:
    """A managed resource type.

    Functions:
        create(aws, values): Makes it. Set ``values["id"]`` **as soon as it exists**: an error after that
            taints it instead of losing it. Other computed values may be set too; what is still unknown
            afterwards is filled by ``read``. Use ``values["tags_all"]`` for tags.
        read(aws, values): From the stored values (after an import only what ``imports`` gave): a dict of what
            AWS has now, None when it is gone (an error with a code of "not found" means gone too). Keys
            left out keep their stored value, so return everything that AWS keeps: what is left out shows
            no drift. Return all tags of the thing as ``tags_all``; never ``tags``.
        update(aws, values, prior): Called when anything but tags (if ``tag`` is given) and attributes in
            ``stored_only`` changed. Without it every change but those replaces.
        delete(aws, values): An error with a code of "not found" counts as deleted.
        tag(aws, values, added, removed): Sets ``added`` (dict) and removes the keys ``removed``
            (list), called on a change of ``tags_all`` before ``update``.
        imports(aws, identifier): The values from which ``read`` can find it; default ``{"id": identifier}``.
            Raise ResourceError when the identifier has the wrong form, saying the right one. None where the
            published provider imports nothing of the type.
        identifier(aws, identity): What ``imports`` is given for a resource identity, where it is not its one
            attribute: a function, or a text with its attributes in braces.
        plan(plan): Changes the plan; see ``Plan``. Raise ResourceError to refuse it.
        checks: Each gets the configuration (may hold UNKNOWN) at validate and yields ``(path, message)``.

    Tables:
        defaults: path -> value that applies when the configuration has none.
        equivalent: path -> Same; an equivalent new value (from configuration or AWS) keeps the stored one.
        normalise: path -> function from a configured value to what is stored (SDK: StateFunc).
        computed: paths of blocks, or of attributes that the schema has as optional only, that keep what AWS
            has when they are not configured (SDK: a DiffSuppressFunc). Attributes that are optional and
            computed in the schema need not be here.
        recomputed: computed attribute -> top-level attributes whose change makes it unknown (``"*"``: every
            change but tags and ``stored_only``); other computed values keep their stored value.
        stored_only: top-level attributes that only this provider keeps (``force_destroy``): no update call.
        shapes: the shapes that it is sent as; enumerations of the API are checked as if by validators.
        validators: path -> one or several Checks.
        conflicts, exactly_one_of, at_least_one_of: groups of top-level paths; an unknown counts as set.
        required_with: path -> paths that must be set when it is.
        name: top-level attribute that ``name_prefix`` generates; None when the type has no such thing.
        name_prefix: its prefix's attribute (ignored unless the schema has it).
        name_suffix: appended to a generated name, from the values (``.fifo``).
        gone: AWS error codes that mean "not found" for this type, beyond the usual (see ``errors``).
        timeouts: seconds for create, update, delete when the ``timeouts`` block does not set them (20 min).
        emulator_lacks: what the local AWS has not ("EventBridge Schemas"): create and read fail there
            with this name and a way out; validation and plan work.
        differs: where it differs from the published provider and why, in a sentence, for the page of types.
    """

    create: Callable[[Aws, Values], None]
    read: Callable[[Aws, Values], Values | None]
    delete: Callable[[Aws, Values], None]
    update: Callable[[Aws, Values, Values], None] | None = None
    tag: Callable[[Aws, Values, dict[str, str], list[str]], None] | None = None
    imports: Callable[[Aws, str], Values] | None = _imported_by_id
    identifier: str | Callable[[Aws, Values], str] = ""
    plan: Callable[[Plan], None] | None = None
    checks: Sequence[Callable[[Values], Iterable[tuple[str, str]]]] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    equivalent: Mapping[str, Same] = field(default_factory=dict)
    normalise: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    computed: frozenset[str] | set[str] = frozenset()
    recomputed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    stored_only: frozenset[str] | set[str] = frozenset()
    shapes: Sequence[Derived] = ()
    validators: Mapping[str, Check | Sequence[Check]] = field(default_factory=dict)
    conflicts: Sequence[Sequence[str]] = ()
    exactly_one_of: Sequence[Sequence[str]] = ()
    at_least_one_of: Sequence[Sequence[str]] = ()
    required_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    name: str | None = "name"
    name_prefix: str = "name_prefix"
    name_suffix: Callable[[Values], str] | None = None
    gone: frozenset[str] | set[str] = frozenset()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    emulator_lacks: str = ""
    differs: str = ""

    def __post_init__(self) -> None:
        """Add the enumerations of its shapes."""
        if self.shapes:
            object.__setattr__(self, "validators", Checks(self.shapes, self.validators))


@dataclass(frozen=True, kw_only=True)
class DataSourceHandler:
    """A data source.

    Args:
        read: Gets the configuration (defaults applied, nothing unknown) and returns computed values to add
            (``id`` included); raises ResourceError, or lets AWS's error through, when there is none.
        defaults, validators, checks, conflicts, exactly_one_of, at_least_one_of, required_with,
            emulator_lacks, differs: as in ``ResourceHandler``.
        tags: Whether ``read`` returns all tags as ``tags`` and ignore_tags is to be applied to them.
        any_region: Whether ``region`` is what it is asked about, of any partition, not where it is asked.
    """

    read: Callable[[Aws, Values], Values]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    validators: Mapping[str, Check | Sequence[Check]] = field(default_factory=dict)
    checks: Sequence[Callable[[Values], Iterable[tuple[str, str]]]] = ()
    conflicts: Sequence[Sequence[str]] = ()
    exactly_one_of: Sequence[Sequence[str]] = ()
    at_least_one_of: Sequence[Sequence[str]] = ()
    required_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    emulator_lacks: str = ""
    differs: str = ""
    tags: bool = True
    any_region: bool = False
