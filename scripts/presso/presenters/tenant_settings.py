"""Prints a tenant's settings, each with the place that it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from presso import records, terminal
from presso.tenants import Tenant
from presso.yaml_file import Location, YamlFile

_DEFAULT = "presso's default"


def show_tenant(tenant: Tenant, document: YamlFile, *, json_wanted: bool) -> None:
    """Print the settings that the files give, then presso's defaults of the others."""
    values = asdict(tenant)
    keys = records.keys_of(Tenant)
    rest = {key: values[field] for key, field in keys.items() if key not in document.data}
    given = [(place, value, document.where(place)) for place, value in _leaves((), document.data)]
    rows = [(".".join(map(str, place)), value, where) for place, value, where in given]
    rows += [(key, value, _DEFAULT) for key, value in rest.items()]
    if json_wanted:
        whole = {**document.data, **rest}
        terminal.as_json({"tenant": whole, "from": {name: where for name, _, where in rows}})
        return
    texts = [
        [name, value if isinstance(value, str) else json.dumps(value), where] for name, value, where in rows
    ]
    terminal.result(terminal.table(["setting", "value", "from"], texts, wrapped=(1,)))


def _leaves(place: Location, value: Any) -> Iterator[tuple[Location, Any]]:
    """Yield each value that is not a mapping or list with something in it, and its place."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves((*place, key), item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves((*place, index), item)
    else:
        yield place, value
