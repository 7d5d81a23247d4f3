"""A guest of a bar, as a phone is one: it signs up with a random name and password, and asks the HTTP API."""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from presso.bar.owned_bar import OwnedBar
from presso.errors import PressoError

_TOKEN_SECONDS = 3000  # a token is good for an hour
_ANSWER_SECONDS = 60


class Guest:
    """A guest, signed up.

    Args:
        bar: The bar.

    Attributes:
        id: The user's id, by which events name the guest.

    Raises:
        PressoError: The core is not deployed.
    """

    def __init__(self, bar: OwnedBar) -> None:
        self._links = bar.links
        self._users: Any = bar.access.client("cognito-idp")
        self._name, self._secret = uuid.uuid4().hex, secrets.token_urlsafe(24)
        client = {"ClientId": self._links.client_id}
        self._users.sign_up(**client, Username=self._name, Password=self._secret)
        self._token, self._since = "", -float("inf")
        claims = self._signed_in().split(".")[1]
        self.id = str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])

    def scan(self, code: str) -> str:
        """Scan a code and return the order's id; "" when the bar refuses, such as while an order is open.

        Raises:
            PressoError: The bar cannot be reached.
        """
        url = f"{self._links.api}/qr-code?token={code}"
        headers = {"Authorization": f"Bearer {self._signed_in()}"}
        request = urllib.request.Request(url, method="POST", headers=headers)  # noqa: S310  the bar's own
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
                return str(json.load(answer)["orderId"])
        except urllib.error.HTTPError as error:
            error.close()
            return ""
        except OSError as error:
            raise PressoError(f"The bar cannot be reached: {error}") from error

    def _signed_in(self) -> str:
        if time.monotonic() > self._since + _TOKEN_SECONDS:
            answer = self._users.initiate_auth(
                ClientId=self._links.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": self._name, "PASSWORD": self._secret},
            )
            self._token, self._since = str(answer["AuthenticationResult"]["IdToken"]), time.monotonic()
        return self._token
