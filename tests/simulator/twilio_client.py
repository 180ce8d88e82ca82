"""The official client, pointed at the simulated carrier: its http client sends every request elsewhere."""

from typing import Any

import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

OFFICIAL = "https://api.twilio.com"


class Elsewhere(TwilioHttpClient):  # type: ignore[misc]
    """Rewrites the host. No session is pooled, so that nothing stays open after a test."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5, pool_connections=False)
        self._base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        assert url.startswith(OFFICIAL), url
        return super().request(method, url.replace(OFFICIAL, self._base, 1), *args, **kwargs)


def client_for(base: str, account: str, token: str) -> Client:
    return Client(account, token, http_client=Elsewhere(base))


def raw_get(base: str, path: str, account: str, token: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(base + path, auth=(account, token), timeout=5)
