"""The calls of an extension's unit, as they are applied and as the gate plans them: its context, then it."""

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
    suffix: str = "",
    source_prefix: str = EXTENSION_SOURCE,
) -> dict[str, Any]:
    """Return the sections of a configuration that call an extension's module with its context.

    Args:
        extension: The extension's name.
        variables: Its own variables, as the tenant sets them.
        tenant: The values of `tenant_values`.
        context: The source of modules/extension-context.
        source: The source of the extension's module.
        suffix: Ends the names of the local value, calls and output, where one configuration has several.
        source_prefix: Begins the sources of extensions in the platform.
    """
    called = f"extension{suffix}"
    asked = {"source": context, "extension": extension, "tenant": f"${{local.tenant{suffix}}}"}
    if source_prefix != EXTENSION_SOURCE:
        asked["event_source_prefix"] = source_prefix
    return {
        "locals": {f"tenant{suffix}": dict(tenant)},
        "module": {
            f"context{suffix}": asked,
            called: {
                **literal(dict(variables)),
                "source": source,
                "context": f"${{module.context{suffix}.context}}",
            },
        },
        # The author may have marked parts as sensitive; Terraform then requires it here too.
        "output": {called: {"value": f"${{module.{called}}}", "sensitive": True}},
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
