"""Functions in JavaScript: the Node.js that runs them, and the AWS SDK that Lambda's runtimes bring.

Sources: Lambda developer guide, "Building Lambda functions with Node.js" (the runtimes include the AWS SDK
for JavaScript v3). It is not on PyPI, so there is a substitute for the services with a JSON protocol. Its
names come from botocore's descriptions, as the SDK's own are generated from AWS's. It lies where Node.js
looks for packages, above the folders that functions are unpacked to; what a function brings itself comes
before it.
"""

import json
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from presso.local_aws import nodejs
from presso.local_aws.emulator_patches.internals import Json, Patches, Response, refusal

PATCHES = Patches()
# By botocore's names. Others (S3, SNS, Lambda) speak other protocols: a function brings those clients itself.
SERVICES = ("dynamodb", "events", "kms", "logs", "secretsmanager", "sqs", "ssm", "stepfunctions")
# Names the runtime that a function runs in: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RUNTIME, OF_LAMBDA = "AWS_EXECUTION_ENV", "AWS_Lambda_"
_laying = threading.Lock()


def packages() -> Path:
    """Where Node.js looks for packages that a function does not bring; absent until the first one runs."""
    return Path(tempfile.gettempdir()) / "node_modules"


@PATCHES.around(lambda_svc)
def _create_function(original: Callable[[Json], Response], data: Json) -> Response:
    runtime = str(data.get("Runtime", ""))
    if runtime.startswith("nodejs") and nodejs.find() is None:
        return refusal(
            "InvalidParameterValueException",
            f"A function of {runtime} needs Node.js on this machine, and there is none. "
            f"{nodejs.NEEDED}, then: presso down && presso up",
        )
    return original(data)


@PATCHES.around(lambda_runtime)
def execution_credentials(original: Callable[[Json], dict[str, str]], config: Json) -> dict[str, str]:
    """Return what Lambda sets in a function's environment: beside credentials, its runtime."""
    return {**original(config), RUNTIME: f"{OF_LAMBDA}{config.get('Runtime', '')}"}


@PATCHES.around(lambda_runtime)
def _detect_runtime_binary(original: Callable[[str], tuple[str, str]], runtime: str) -> tuple[str, str]:
    binary, script = original(runtime)
    if binary != "node":
        return binary, script
    with _laying:
        _lay(packages() / "@aws-sdk")
    return nodejs.find() or binary, script


def _lay(scope: Path) -> None:
    """Write the substitute's packages, once."""
    if scope.is_dir():
        return
    made = Path(tempfile.mkdtemp(dir=tempfile.gettempdir()))
    shutil.copy(Path(__file__).with_name("sdk.cjs"), made / "sdk.cjs")
    for service in SERVICES:
        name, code = _package(service)
        folder = made / name
        folder.mkdir()
        (folder / "index.js").write_text(code, encoding="utf-8")
        (folder / "package.json").write_text(json.dumps({"name": f"@aws-sdk/{name}", "main": "index.js"}))
    scope.parent.mkdir(parents=True, exist_ok=True)
    made.rename(scope)


def _package(service: str) -> tuple[str, str]:
    """The name after `@aws-sdk/` and the code of a service's package; names are exported one by one, so that
    `import { … }` finds them.
    """
    import botocore.session

    model: Any = botocore.session.get_session().get_service_model(service)
    metadata = model.metadata
    called = metadata["serviceId"].replace(" ", "")
    settings = {
        "jsonVersion": metadata["jsonVersion"],
        "signingName": model.signing_name,
        "target": metadata["targetPrefix"],
    }
    lines = [
        f'const service = require("../sdk.cjs").service({json.dumps(settings)});',
        f"exports.{called}Client = service.Client;",
        f"exports.{called}ServiceException = service.ServiceException;",
        *(f'exports.{name}Command = service.command("{name}");' for name in model.operation_names),
        *(f'exports.{shape.name} = service.exception("{shape.name}");' for shape in model.error_shapes),
    ]
    return f"client-{metadata['serviceId'].lower().replace(' ', '-')}", "\n".join(lines) + "\n"
