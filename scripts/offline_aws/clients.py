"""AWS clients, made once per service, region and endpoint for all runs of this server.

A client of botocore costs tens of milliseconds and about a megabyte, and the accounts of a local AWS come
and go. So clients are shared by all credentials: which ones sign a call is decided when it is
signed, with the identity of `acting_as` in the calling thread (context variables follow `asyncio.to_thread`).
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

_MOST_CLIENTS = 64
_RENEW_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class Keys:
    """An access key as botocore's signers want it."""

    access_key: str
    secret_key: str
    token: str | None = None
    account_id: str | None = None


class Credentials:
    """Credentials that may have to be renewed.

    Args:
        get: Gives keys and when they end (None: never); called again shortly before that.
    """

    def __init__(self, get: Callable[[], tuple[Keys, datetime | None]]) -> None:
        self._get = get
        self._lock = threading.Lock()
        self._found: tuple[Keys, datetime | None] | None = None

    def keys(self) -> Keys:
        """The keys to sign with now."""
        with self._lock:
            if self._found is None or _ending(self._found[1]):
                self._found = self._get()
            return self._found[0]


def _ending(end: datetime | None) -> bool:
    return end is not None and datetime.now(UTC) > end - _RENEW_BEFORE


@dataclass(frozen=True)
class ClientSettings:
    """What a client is made with beside service and region; clients are shared by equal settings."""

    endpoint: str | None = None
    max_attempts: int = 4
    retry_mode: str = "standard"
    path_style: bool = False
    dualstack: bool = False
    fips: bool = False
    insecure: bool = False
    ca_bundle: str | None = None
    proxies: tuple[tuple[str, str], ...] = ()


_acting: ContextVar[Credentials | None] = ContextVar("credentials", default=None)
_listening: ContextVar[Callable[[str], None] | None] = ContextVar("listening", default=None)
_clients: OrderedDict[tuple[str, str, ClientSettings], Any] = OrderedDict()
_making = threading.Lock()


@contextlib.contextmanager
def acting_as(credentials: Credentials | None) -> Iterator[None]:
    """Sign all calls made inside with these credentials."""
    token = _acting.set(credentials)
    try:
        yield
    finally:
        _acting.reset(token)


@contextlib.contextmanager
def logging_to(log: Callable[[str], None] | None) -> Iterator[None]:
    """Write each call made inside in a line: service, operation, method and status, none of its content."""
    token = _listening.set(log)
    try:
        yield
    finally:
        _listening.reset(token)


def client(service: str, region: str, settings: ClientSettings) -> Any:
    """The client for a service in a region; each call is signed with the identity of `acting_as`."""
    key = (service, region, settings)
    with _making:
        found = _clients.pop(key, None) or _make(service, region, settings)
        _clients[key] = found
        if len(_clients) > _MOST_CLIENTS:
            _clients.popitem(last=False)
        return found


@cache
def session() -> Any:
    """The one botocore session; nothing of this process's environment or home gets into it."""
    import botocore.credentials
    import botocore.session

    from offline_aws.service_models import ServiceModels

    class Callers(botocore.credentials.Credentials):  # type: ignore[misc]
        def get_frozen_credentials(self) -> Any:
            credentials = _acting.get()
            if credentials is None:
                raise botocore.exceptions.NoCredentialsError
            keys = credentials.keys()
            return botocore.credentials.ReadOnlyCredentials(
                keys.access_key, keys.secret_key, keys.token, keys.account_id
            )

    found = botocore.session.Session()
    found.register_component("data_loader", ServiceModels())
    found._credentials = Callers("caller", "caller")
    return found


def _make(service: str, region: str, settings: ClientSettings) -> Any:
    from botocore.config import Config

    made = session().create_client(
        service,
        region_name=region,
        endpoint_url=settings.endpoint,
        verify=False if settings.insecure else settings.ca_bundle,
        config=Config(
            retries={"total_max_attempts": settings.max_attempts, "mode": settings.retry_mode},
            s3={"addressing_style": "path" if settings.path_style else "auto"},
            use_dualstack_endpoint=settings.dualstack or None,
            use_fips_endpoint=settings.fips or None,
            proxies=dict(settings.proxies) or None,
            max_pool_connections=32,
            connect_timeout=10,
            inject_host_prefix=settings.endpoint is None,
            user_agent_extra="presso-offline-aws",
        ),
    )
    made.meta.events.register("after-call", _name_service)
    made.meta.events.register("after-call", _log_call)
    made.meta.events.register("after-call-error", _log_failure)
    if settings.endpoint:
        made.meta.events.register("before-sign.s3-control", _without_account)
    return made


def _without_account(request: Any, **_: Any) -> None:
    """Leave the account out of a request's host: S3 Control puts it before every endpoint, also a number."""
    account = request.headers["x-amz-account-id"]
    account = account.decode() if isinstance(account, bytes) else account
    request.url = request.url.replace(f"//{account}.", "//", 1)


def _name_service(parsed: Any, model: Any, **_: Any) -> None:
    """Add the service's name to errors."""
    if isinstance(parsed, dict):
        parsed.setdefault("ResponseMetadata", {})["Service"] = model.service_model.service_id


def _log_call(http_response: Any, model: Any, **_: Any) -> None:
    _write(model.service_model.service_id, model.name, model.http["method"], http_response.status_code)


def _log_failure(exception: Any, event_name: str, **_: Any) -> None:
    service, operation = event_name.split(".")[1:3]
    _write(service, operation, type(exception).__name__)


def _write(*words: object) -> None:
    if log := _listening.get():
        log(f"AWS call: {' '.join(map(str, words))}")
