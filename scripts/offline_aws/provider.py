"""One configured provider on one connection: answers the methods of Terraform's plugin protocol.

Methods here are plain functions from a request message to a response message. They may block; the server
runs those in threads. An exception becomes a diagnostic, so that Terraform never sees a broken plugin.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import msgpack

from offline_aws import applying, identities, listings, other_types, planning, protocol, registry
from offline_aws.aws import Aws
from offline_aws.configuration import Caller, Configuration
from offline_aws.diagnostics import diagnose, lacks_handler, planned_only
from offline_aws.functions import FUNCTIONS, CallError
from offline_aws.handler_values import ResourceError, Values
from offline_aws.identities import IdentitySchema
from offline_aws.mentioned import mentioned
from offline_aws.planning import ManagedType
from offline_aws.protocol import message
from offline_aws.resource import DataSourceHandler
from offline_aws.schema import VERSIONS, Block, ProviderSchema
from offline_aws.validation import validate
from offline_aws.values import conform, decode, encode, walk

_IMPORTED = b"imported"
_CONFIGURATIONS = 16  # whose types' encoded schemas are kept: all types take 3 MB
_encoding = threading.Lock()
BLOCKING = {
    "GetSchema",
    "Configure",
    "ReadResource",
    "ApplyResourceChange",
    "ImportResourceState",
    "ReadDataSource",
    "OpenEphemeralResource",
    "ListResource",
}
"""Methods that call AWS or read files; the others only compute."""


@cache
def encoded_schema(schema: ProviderSchema) -> bytes:
    """The answer to GetSchema with the types that have a handler, made once per process."""
    functions = FUNCTIONS if schema.name == "aws" else None
    return protocol.schema_response(
        schema.provider,
        schema.resources,
        schema.data_sources,
        schema.meta,
        functions,
        schema.ephemeral,
        schema.lists,
    )


@cache
def encoded_identities(schema: ProviderSchema) -> bytes:
    """The answer to GetResourceIdentitySchemas, made once per process."""
    return protocol.identities_response(schema.identities)


def encoded_others(names: frozenset[str]) -> bytes:
    """What types without a handler add to that answer: protobuf merges messages that follow each other."""
    with _encoding:  # of runs that begin together one encodes: all types take 30 MB meanwhile
        return _encoded_others(names)


@lru_cache(_CONFIGURATIONS)
def _encoded_others(names: frozenset[str]) -> bytes:
    resources: dict[str, Any] = {}
    data_sources: dict[str, Any] = {}
    for name in sorted(names):
        queried = name.removeprefix("data.")
        (resources if queried == name else data_sources)[queried] = other_types.found(name)
    return protocol.schema_response(None, resources, data_sources)


class Provider:
    """The provider as one Terraform process configured it."""

    configured: type[Configuration] = Configuration
    serves = frozenset(VERSIONS)
    """The names of the providers that it can be."""

    def __init__(self, schema: ProviderSchema, caller: Caller) -> None:
        self.schema = schema
        self.stopping = threading.Event()
        self.caller = caller
        self.configuration = self.configured({}, caller, self.stopping)

    @staticmethod
    def warm_up() -> None:
        """Import what the first run would otherwise wait for."""
        from offline_aws import clients

        clients.session()

    def answer(self, method: str, request: Any) -> Any:
        """The response message (or its bytes) to a request; never raises for what a user can cause."""
        answer: Callable[[Any], Any] = getattr(self, f"_{method}")
        try:
            with self.configuration.acting():
                return answer(request)
        except Exception as error:
            name = getattr(request, "type_name", self.schema.name)
            return message(f"{method}Response", diagnostics=[diagnose(error, f"{method} of {name}")])

    def plan(
        self, kind: ManagedType, config: Values, prior: Values | None, proposed: Values, aws: Aws
    ) -> tuple[Values, list[str]]:
        """What a resource will be, and the attributes that force its replacement."""
        return planning.plan(kind, config, prior, proposed, aws)

    def create(self, kind: ManagedType, config: Values, planned: Values) -> Values:
        """Create a resource; return its state."""
        return applying.create(kind, config, planned, self.configuration)

    def data_source(self, name: str) -> DataSourceHandler | None:
        """The handler of a data source; None if there is none."""
        return registry.data_source(name)

    def ephemeral(self, name: str) -> DataSourceHandler | None:
        """What opens an ephemeral resource; None if nothing does."""
        return registry.ephemeral(name)

    def other_types(self) -> frozenset[str]:
        """The types without a handler whose schemas Terraform gets."""
        return mentioned(self.caller) if self.schema.name == "aws" else frozenset()

    def _GetSchema(self, request: Any) -> bytes:
        return encoded_schema(self.schema) + encoded_others(self.other_types())

    def _GetResourceIdentitySchemas(self, request: Any) -> bytes:
        others = (name for name in self.other_types() if not name.startswith("data."))
        named = {name: found for name in sorted(others) if (found := self.schema.identity(name))}
        return encoded_identities(self.schema) + protocol.identities_response(named)

    def _UpgradeResourceIdentity(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        assert kind.identity is not None, kind.name
        stored = json.loads(request.raw_identity.json or "null")  # an older Terraform or provider stored none
        known = None if stored is None else {name: stored.get(name) for name in kind.identity.needed}
        return message("UpgradeResourceIdentityResponse", upgraded_identity=_identity_wire(known, kind))

    def _PrepareProviderConfig(self, request: Any) -> Any:
        return message("PrepareProviderConfigResponse", prepared_config=request.config)

    def _Configure(self, request: Any) -> Any:
        arguments = decode(request.config.msgpack, self.schema.provider) or {}
        try:
            self.configuration = self.configured(arguments, self.caller, self.stopping)
            self.configuration.check()
        except Exception as error:
            return message("ConfigureResponse", diagnostics=[diagnose(error, "configuring the provider")])
        return message("ConfigureResponse")

    def _ValidateResourceTypeConfig(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        config = decode(request.config.msgpack, kind.block) or {}
        found = validate(kind.block, kind.handler, config)
        return message("ValidateResourceTypeConfigResponse", diagnostics=found)

    def _ValidateDataSourceConfig(self, request: Any) -> Any:
        block = self.schema.data_source(request.type_name)["block"]
        config = decode(request.config.msgpack, block) or {}
        handler = self.data_source(request.type_name) or _NO_DATA_SOURCE
        found = validate(block, handler, config)
        return message("ValidateDataSourceConfigResponse", diagnostics=found)

    def _UpgradeResourceState(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        stored = json.loads(request.raw_state.json) if request.raw_state.json else None
        state = None if stored is None else conform(_known_names(stored, kind.block), kind.block)
        return message("UpgradeResourceStateResponse", upgraded_state=_wire(state, kind.block))

    def _PlanResourceChange(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        prior = decode(request.prior_state.msgpack, kind.block)
        proposed = decode(request.proposed_new_state.msgpack, kind.block)
        config = decode(request.config.msgpack, kind.block)
        if proposed is None or config is None:
            return message("PlanResourceChangeResponse", planned_state=request.proposed_new_state)
        identity = request.prior_identity if request.HasField("prior_identity") else None
        aws = Aws(self.configuration, config=config)
        try:
            planned, replaced = self.plan(kind, config, prior, proposed, aws)
        except Exception as error:
            return message(
                "PlanResourceChangeResponse",
                planned_state=request.proposed_new_state,
                planned_identity=identity,
                diagnostics=[diagnose(error, _doing("planning", kind, prior or config))],
            )
        return message(
            "PlanResourceChangeResponse",
            planned_state=_wire(planned, kind.block),
            diagnostics=[] if kind.handler else [planned_only(kind.name)],
            requires_replace=[
                message("AttributePath", steps=[message("Step", attribute_name=name)]) for name in replaced
            ],
            planned_identity=identity,
            legacy_type_system=True,
        )

    def _ApplyResourceChange(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        prior = decode(request.prior_state.msgpack, kind.block)
        planned = decode(request.planned_state.msgpack, kind.block)
        config = decode(request.config.msgpack, kind.block) or {}
        diagnostics = []
        state: Values | None = prior
        operation = "deleting" if planned is None else "creating" if prior is None else "updating"
        try:
            if kind.identity is not None and "account_id" in kind.identity.needed:
                identities.account(self.configuration)  # what fails afterwards would lose what is made
            state = self._applied(kind, prior, planned, config)
        except applying.Applied as partly:
            state = partly.state
            diagnostics = [diagnose(partly.error, _doing(operation, kind, state))]
        except Exception as error:
            diagnostics = [diagnose(error, _doing(operation, kind, planned or prior or {}))]
        return message(
            "ApplyResourceChangeResponse",
            new_state=_wire(state, kind.block),
            diagnostics=diagnostics,
            new_identity=self._identity(kind, state),
            legacy_type_system=True,
        )

    def _applied(
        self, kind: ManagedType, prior: Values | None, planned: Values | None, config: Values
    ) -> Values | None:
        if planned is None:
            applying.delete(kind, prior or {}, self.configuration)
            return None
        if prior is None:
            return self.create(kind, config, planned)
        return applying.update(kind, config, planned, prior, self.configuration)

    def _ReadResource(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        state = decode(request.current_state.msgpack, kind.block)
        if state is None:
            return message("ReadResourceResponse", new_state=request.current_state)
        try:
            found = applying.read(kind, state, self.configuration, request.private == _IMPORTED)
            identity = self._identity(kind, found)
            _stays(request.current_identity, identity, kind)
            return message("ReadResourceResponse", new_state=_wire(found, kind.block), new_identity=identity)
        except Exception as error:
            return message(
                "ReadResourceResponse",
                new_state=request.current_state,
                private=request.private,
                new_identity=request.current_identity if request.HasField("current_identity") else None,
                diagnostics=[diagnose(error, _doing("reading", kind, state))],
            )

    def _ImportResourceState(self, request: Any) -> Any:
        kind = self._kind(request.type_name)
        given = _identity_given(request.identity, kind)
        said = {name: text for name, text in (given or {}).items() if text}
        try:
            if given is None:
                state = applying.imports(kind, request.id, self.configuration)
            else:
                state = applying.imports_by_identity(kind, given, self.configuration)
            found = message(
                "ImportedResource",
                type_name=request.type_name,
                state=_wire(state, kind.block),
                private=_IMPORTED,
                identity=None if given is None else self._identity(kind, {**state, **said}),
            )
            return message("ImportResourceStateResponse", imported_resources=[found])
        except Exception as error:
            named = request.id or ", ".join(f"{name} = {text}" for name, text in said.items())
            doing = f"importing {kind.name} ({named})"
            return message("ImportResourceStateResponse", diagnostics=[diagnose(error, doing)])

    def _ReadDataSource(self, request: Any) -> Any:
        name = request.type_name
        block = self.schema.data_source(name)["block"]
        config = decode(request.config.msgpack, block) or {}
        try:
            found = self._read(f"data.{name}", self.data_source(name), block, config)
            return message("ReadDataSourceResponse", state=_wire(found, block))
        except Exception as error:
            return message("ReadDataSourceResponse", diagnostics=[diagnose(error, f"reading data.{name}")])

    def _ValidateEphemeralResourceConfig(self, request: Any) -> Any:
        block = self.schema.ephemeral[request.type_name]["block"]
        config = decode(request.config.msgpack, block) or {}
        handler = self.ephemeral(request.type_name) or _NO_DATA_SOURCE
        found = validate(block, handler, config)
        return message("ValidateEphemeralResourceConfigResponse", diagnostics=found)

    def _OpenEphemeralResource(self, request: Any) -> Any:
        name, answer = request.type_name, "OpenEphemeralResourceResponse"
        block = self.schema.ephemeral[name]["block"]
        config = decode(request.config.msgpack, block) or {}
        try:
            found = self._read(name, self.ephemeral(name), block, config)
            return message(answer, result=_wire(found, block))
        except Exception as error:
            return message(answer, diagnostics=[diagnose(error, f"opening {name}")])

    def _CloseEphemeralResource(self, request: Any) -> Any:
        return message("CloseEphemeralResourceResponse")

    def _ValidateListResourceConfig(self, request: Any) -> Any:
        block = self.schema.lists[request.type_name]["block"]
        config = decode(request.config.msgpack, block) or {}
        checks = DataSourceHandler(read=_nothing, validators=listings.LISTINGS[request.type_name].validators)
        found = validate(block, checks, config) if config else []
        return message("ValidateListResourceConfigResponse", diagnostics=found)

    def _ListResource(self, request: Any) -> list[Any]:
        """Each thing, as a message; an error is the last one."""
        block = self.schema.lists[request.type_name]["block"]
        config = decode(request.config.msgpack, block) or {}
        aws = Aws(self.configuration, config.get("region") or "", config=config)
        kind = self._kind(request.type_name)
        found: list[Any] = []
        try:
            self.configuration.check_own_region(aws.region)
            for known, name in listings.listed(kind.name, config, aws):
                if (answer := self._listed(kind, known, request)) is not None:
                    answer.display_name = name
                    found.append(answer)
                if request.limit and len(found) == request.limit:
                    break
        except Exception as error:
            failed = diagnose(error, f"listing {kind.name}")
            found.append(message("ListResourceResponse", diagnostics=[failed]))
        return found

    def _listed(self, kind: ManagedType, known: Values, request: Any) -> Any:
        """The message of a thing, from what is known of its identity; None when it is gone meanwhile."""
        whole = request.include_resource_object
        if not whole and not listings.LISTINGS[kind.name].read:
            return message("ListResourceResponse", identity=self._identity(kind, known))
        imported = applying.imports_by_identity(kind, known, self.configuration)
        state = applying.read(kind, imported, self.configuration, imported=True)
        identity = self._identity(kind, state)
        if state is None:
            return None
        given = _wire(state, kind.block) if whole else None
        return message("ListResourceResponse", identity=identity, resource_object=given)

    def _read(self, name: str, handler: DataSourceHandler | None, block: Block, config: Values) -> Values:
        """What a data source or an ephemeral resource gives."""
        if handler is None:
            raise lacks_handler(name)
        if handler.emulator_lacks and self.configuration.local:
            raise ResourceError(f"the local AWS has no {handler.emulator_lacks}")

        def leaf(path: tuple[str, ...], spec: Block, value: Any) -> Any:
            return handler.defaults.get(".".join(path)) if value is None else value

        values = dict(walk(block, leaf, config))
        if "region" in block["attributes"]:
            values["region"] = values["region"] or self.configuration.region
            if not handler.any_region:
                self.configuration.check_own_region(values["region"])
        found = handler.read(Aws(self.configuration, values.get("region") or "", config=config), {**values})
        if handler.tags and isinstance(found.get("tags"), dict):
            found["tags"] = self.configuration.kept_tags(found["tags"])
        return {**values, **found}

    def _CallFunction(self, request: Any) -> Any:
        function = FUNCTIONS[request.name]
        given = [msgpack.unpackb(argument.msgpack) for argument in request.arguments]
        try:
            result = function.call(*given)
        except CallError as error:
            said = message("FunctionError", text=str(error), function_argument=error.argument)
            return message("CallFunctionResponse", error=said)
        return message("CallFunctionResponse", result=message("DynamicValue", msgpack=msgpack.packb(result)))

    def _Stop(self, request: Any) -> Any:
        self.stopping.set()
        return message("StopResponse")

    def _identity(self, kind: ManagedType, state: Values | None) -> Any:
        """The message with the identity of what a state is of; None where there is none."""
        needed = (
            () if kind.identity is None else [name for name, must in kind.identity.needed.items() if must]
        )
        if state is None or kind.identity is None or not all(map(state.get, needed)):
            return None
        found = identities.of_state(kind.identity, state, self.configuration)
        return _identity_wire(found, kind)

    def _kind(self, name: str) -> ManagedType:
        return _kind(self.schema, name)


def _nothing(aws: Aws, values: Values) -> Values:
    raise AssertionError("a data source without handler is never read")


_NO_DATA_SOURCE = DataSourceHandler(read=_nothing)


@cache
def _kind(schema: ProviderSchema, name: str) -> ManagedType:
    handler, behaviour = registry.resource(name), schema.behaviour.get(name, {})
    block = schema.resource(name)["block"]
    replace = {*behaviour.get("replace", ()), *({"region", "name_prefix"} & block["attributes"].keys())}
    computed = {*schema.computed_blocks(name), *(handler.computed if handler else ())}
    named = schema.identity(name)
    identity = None if named is None else IdentitySchema.of(named)
    return ManagedType(name, block, handler, frozenset(replace), frozenset(computed), identity)


def _wire(values: Values | None, block: Block) -> Any:
    return message("DynamicValue", msgpack=encode(values, block))


def _identity_wire(values: Values | None, kind: ManagedType) -> Any:
    assert kind.identity is not None, kind.name
    return message("ResourceIdentityData", identity_data=_wire(values, kind.identity.block))


def _identity_given(data: Any, kind: ManagedType) -> Values | None:
    """The identity in a request; None when it has none."""
    if kind.identity is None or not data.identity_data.msgpack:
        return None
    return decode(data.identity_data.msgpack, kind.identity.block)


def _stays(before: Any, now: Any, kind: ManagedType) -> None:
    """Refuse a state whose resource is another one now.

    Raises:
        ResourceError: The identities differ.
    """
    stored = _identity_given(before, kind) or {}
    found = _identity_given(now, kind) if now is not None else None
    if found is not None and any(stored.values()) and stored != found:
        changed = [
            f"{name} was {stored[name]}, is {found[name]}" for name in stored if stored[name] != found[name]
        ]
        raise ResourceError("Unexpected Identity Change", detail="; ".join(changed))


def _doing(operation: str, kind: ManagedType, values: Values) -> str:
    name = (kind.handler.name if kind.handler else None) or "name"
    found = next((values[key] for key in (name, "id") if isinstance(values.get(key), str)), "")
    return f"{operation} {kind.name} ({found})" if found else f"{operation} {kind.name}"


def _known_names(stored: Any, block: Block) -> Any:
    """A stored state without attributes that this version's schema has not."""
    if not isinstance(stored, dict):
        return stored
    found = {name: stored.get(name) for name in block.get("attributes", {})}
    for name, spec in block.get("block_types", {}).items():
        value = stored.get(name)
        if isinstance(value, list):
            value = [_known_names(item, spec["block"]) for item in value]
        found[name] = _known_names(value, spec["block"])
    return found
