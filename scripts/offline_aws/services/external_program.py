"""hashicorp/external: a program that answers a JSON object with one.

It runs in the caller's folder and environment, by the server, with the caller's rights: it is the user's own.
The gate allows no extension to have it.

Source: internal/provider/data_source.go of hashicorp/terraform-provider-external.
"""

from __future__ import annotations

import json
import subprocess

from offline_aws.aws import Aws
from offline_aws.handler_values import ResourceError, Values
from offline_aws.resource import DataSourceHandler

_ASKED_EVERY = 0.2


def _read(aws: Aws, values: Values) -> Values:
    program = [part for part in values["program"] if part]
    if not program:
        raise ResourceError("program is empty", path="program")
    output = _run(aws, program, values)
    try:
        found = json.loads(output)
    except ValueError as error:
        raise ResourceError(f"{program[0]} printed no JSON: {error}", path="program") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        detail = "It must print one JSON object, all of whose values are strings."
        raise ResourceError(f"{program[0]} printed another kind of JSON", detail=detail, path="program")
    return {"id": "-", "result": found}


def _run(aws: Aws, program: list[str], values: Values) -> bytes:
    caller = aws.configuration.caller
    query = json.dumps(values["query"] or {}).encode()
    with subprocess.Popen(
        program,
        cwd=aws.path(values["working_dir"] or "."),
        env=dict(caller.env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        given: bytes | None = query
        while True:
            try:
                output, said = process.communicate(given, timeout=_ASKED_EVERY)
                break
            except subprocess.TimeoutExpired:
                given = None
                if aws.stopping.is_set():
                    process.kill()
    if process.returncode:
        raise ResourceError(
            f"{program[0]} failed with exit code {process.returncode}",
            detail=said.decode(errors="replace").strip(),
            path="program",
        )
    return output


DATA_SOURCES = {"external": DataSourceHandler(read=_read, tags=False)}
