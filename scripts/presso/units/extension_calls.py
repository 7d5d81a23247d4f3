"""The calls of an extension's unit: its context, then it. The gate plans it with a known context."""

from collections.abc import Mapping
from typing import Any

from presso.event_sources import EXTENSION_SOURCE

# Tenants' own data may contain Terraform's template markers, which a JSON configuration would evaluate.
_MARKS = (("${", "$${"), ("%{", "%%{"))


def tenant_values(name: str, region: str, partition: str, account: str) -> dict[str, str]:
    """Return the `tenant` of modules/extension-context, from naming conventions: the platform is not read."""
    return {
        "name": name,
        "region": region,
        "account_id": account,
        "bus_name": name,
        "bus_arn": f"arn:{partition}:events:{region}:{account}:event-bus/{name}",
    }


def calls(
    extension: str,
    variables: Mapping[str, Any],
    tenant: Mapping[str, str],
    *,
    context: str,
    source: str,
    source_prefix: str = EXTENSION_SOURCE,
) -> dict[str, Any]:
    """Return the sections of a configuration that call an extension's module with its context.

    Args:
        extension: The extension's name.
        variables: Its own variables, as the tenant sets them.
        tenant: The values of `tenant_values`.
        context: The source of modules/extension-context.
        source: The source of the extension's module.
        source_prefix: Begins the sources of extensions in the platform.
    """
    asked = {"source": context, "extension": extension, "tenant": "${local.tenant}"}
    if source_prefix != EXTENSION_SOURCE:
        asked["event_source_prefix"] = source_prefix
    called = call("extension", variables, context="module.context.context", source=source)
    return {
        **called,
        "locals": {"tenant": dict(tenant)},
        "module": {"context": asked, **called["module"]},
    }


def call(name: str, variables: Mapping[str, Any], *, context: str, source: str) -> dict[str, Any]:
    """Return the sections of a configuration that call an extension's module.

    Args:
        name: The name of the call.
        variables: The extension's own variables, as the tenant sets them.
        context: The expression of its context.
        source: The source of the extension's module.
    """
    asked = {**literal(dict(variables)), "source": source, "context": f"${{{context}}}"}
    # The author may have marked parts as sensitive; Terraform then requires it here too.
    return {
        "module": {name: asked},
        "output": {name: {"value": f"${{module.{name}}}", "sensitive": True}},
    }


def literal(value: Any) -> Any:
    """Return a tenant's value, and its keys, escaped: Terraform's JSON configuration reads it literally."""
    if isinstance(value, str):
        for mark, escaped in _MARKS:
            value = value.replace(mark, escaped)
        return value
    if isinstance(value, dict):
        return {literal(key): literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return value
