"""The object store: closed to everybody without a key, open to those with one, for as long as they were given."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stackyard.model.system import Objects, System
from stackyard.observe.view import View
from stackyard.verify.check import CannotSeeError, Check, Look, Seen, saw
from stackyard.verify.signing import Keys, presigned

if TYPE_CHECKING:
    import httpx

_PATIENCE = 10.0
_REFUSED = (400, 401, 403)
_CODES = ("AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "UnsupportedAlgorithm", "MissingFields")
"""How stores say no; an anonymous request is one without an algorithm, to ours."""


def stores(system: System) -> tuple[Objects, ...]:
    """The object stores of a system."""
    return tuple(one for one in system.resources if isinstance(one, Objects))


def _has_none(system: System) -> str:
    return "" if stores(system) else "the system has no object store"


class _Client:
    """A client of one store, with and without its keys."""

    def __init__(self, view: View, store: Objects) -> None:
        import httpx

        endpoint, access, secret = view.store(store)
        self.keys = Keys(access, secret)
        self.bucket = f"{endpoint}/{store.bucket}"
        self.object = f"{self.bucket}/stackyard-verify-{secrets.token_hex(6)}"
        self._name = store.name
        self._client = httpx.Client(timeout=_PATIENCE, trust_env=False)

    def ask(self, method: str, url: str, body: bytes | None = None) -> httpx.Response:
        """The answer. Raises CannotSeeError when there is none."""
        import httpx

        try:
            return self._client.request(method, url, content=body)
        except httpx.TransportError as error:
            raise CannotSeeError(f"{self._name} does not answer: {error}") from None

    def signed(
        self, method: str, url: str, keys: Keys | None = None, *, age: int = 0, seconds: int = 60
    ) -> httpx.Response:
        """The answer to a request that was signed `age` seconds ago, and is good for `seconds`."""
        moment = datetime.now(UTC) - timedelta(seconds=age)
        return self.ask(method, presigned(method, url, keys or self.keys, moment, seconds))


def _shown(answer: httpx.Response) -> str:
    code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
    return f"{answer.status_code} {answer.reason_phrase}{f', {code}' if code else ''}"


def _is_refused(answer: httpx.Response) -> bool:
    """HEAD has no body that says why."""
    is_told = answer.request.method == "HEAD" or any(f"<Code>{code}</Code>" in answer.text for code in _CODES)
    return answer.status_code in _REFUSED and is_told


def _private(view: View) -> Iterator[Seen]:
    for store in stores(view.system):
        client = _Client(view, store)
        places = [client.object, *(f"{client.bucket}/{one.strip('/')}/stackyard-verify" for one in store.public)]
        tries = [("GET", client.bucket), ("HEAD", client.bucket), ("PUT", client.object), ("DELETE", client.object)]
        for method, url in [*tries, *(("GET", place) for place in places)]:
            answer = client.ask(method, url, b"" if method == "PUT" else None)
            if method == "PUT" and answer.is_success:
                client.ask("DELETE", url)
            fault = f"{store.name} serves {method} to anybody"
            yield saw(f"{method} {url}, without a key", _shown(answer), fault=fault, unless=_is_refused(answer))
        for sentence in view.left_out():
            if f" of {store.name}: " in sentence:
                yield saw(f"what the file asks of {store.name} and this target leaves out", f"as `up` says: {sentence}")


def _keys(view: View) -> Iterator[Seen]:
    for store in stores(view.system):
        client = _Client(view, store)
        for method, url, wanted in (
            ("HEAD", client.bucket, 200),
            ("GET", client.bucket, 200),
            ("GET", client.object, 404),
        ):
            answer = client.signed(method, url)
            fault = f"{store.name} does not serve {method} to its own key"
            yield saw(f"{method} {url}, signed", _shown(answer), fault=fault, unless=answer.status_code == wanted)
        stranger = Keys(secrets.token_hex(10), secrets.token_hex(20))
        for what, keys in (
            ("a key that does not exist", stranger),
            ("its key and a wrong secret", Keys(client.keys.access, stranger.secret)),
        ):
            answer = client.signed("GET", client.bucket, keys)
            fault = f"{store.name} accepts {what}"
            yield saw(
                f"GET {client.bucket}, signed with {what}", _shown(answer), fault=fault, unless=_is_refused(answer)
            )


def _presigned(view: View) -> Iterator[Seen]:
    for store in stores(view.system):
        client = _Client(view, store)
        answer = client.signed("GET", client.object, seconds=60)
        sent = f"GET {client.object}, presigned for a minute"
        fault = f"{store.name} does not serve a presigned URL"
        yield saw(sent, _shown(answer), fault=fault, unless=answer.status_code == 404)
        answer = client.signed("GET", client.object, age=90, seconds=60)
        fault = f"presigned URLs of {store.name} never end"
        yield saw(f"{sent}, 90 s ago", _shown(answer), fault=fault, unless=_is_refused(answer))
        moment = datetime.now(UTC)
        other = presigned("GET", client.object, client.keys, moment, 60).replace(
            "stackyard-verify-", "stackyard-other-"
        )
        answer = client.ask("GET", other)
        fault = f"a presigned URL of {store.name} opens other objects, too"
        yield saw(f"{sent}, changed to another object", _shown(answer), fault=fault, unless=_is_refused(answer))


CHECKS = (
    Check(
        "objects.private",
        ("OBJ-01",),
        "without a key nobody reads, lists, writes or removes objects",
        Look.OUTSIDE,
        _private,
        _has_none,
    ),
    Check(
        "objects.keys",
        ("OBJ-01", "OBJ-02"),
        "the key of the secrets store opens the bucket, as with S3, and no other key does",
        Look.OUTSIDE,
        _keys,
        _has_none,
    ),
    Check(
        "objects.presigned",
        ("OBJ-01",),
        "a presigned URL opens one object, and ends",
        Look.OUTSIDE,
        _presigned,
        _has_none,
    ),
)
