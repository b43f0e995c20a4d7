"""Calls to one Stripe account: plain dicts in and out, errors in the kit's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from providers.kit.contract import Connection, Environment
from providers.kit.errors import InvalidConfiguration, ProviderError, RateLimited

from .failures import STATUS_URL, error_from, too_many
from .manifest import API_KEY, API_VERSION, MANIFEST, keys_url

if TYPE_CHECKING:
    import stripe

Object = dict[str, Any]


class StripeApi:
    """One account. Every answer's `livemode` must fit the connection's environment; see `_refuse_mix`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http: Any = None
        self._sdk: stripe.StripeClient | None = None

    @property
    def answer_headers(self) -> Mapping[str, str]:
        """The last answer's headers ({} before the first)."""
        return self._http.headers if self._http else {}

    def ask(self, call: Callable[[Any], Any], *, writing: bool = False) -> Object:
        """What `call(sdk)` answers. `writing`: a DELETE, which needs no idempotency key and may change something."""
        return self._call(call, writing=writing)

    def change(self, call: Callable[[Any, Any], Any], idempotency_key: str) -> Object:
        """What `call(sdk, options)` answers, where the options carry the key: done once for one key."""
        options = {"idempotency_key": idempotency_key}
        return self._call(lambda sdk: call(sdk, options), writing=True)

    def account(self) -> Object:
        return self._call(lambda sdk: sdk.v1.accounts.retrieve_current())

    def balance(self) -> Object:
        return self._call(lambda sdk: sdk.v1.balance.retrieve())

    def customers(self, **params: Any) -> Object:
        return self._call(lambda sdk: sdk.v1.customers.list(_given(params)))

    def payment_intents(self, **params: Any) -> Object:
        return self._call(lambda sdk: sdk.v1.payment_intents.list(_given(params)))

    def events(self, **params: Any) -> Object:
        return self._call(lambda sdk: sdk.v1.events.list(_given(params)))

    def webhook_endpoints(self, **params: Any) -> Object:
        return self._call(lambda sdk: sdk.v1.webhook_endpoints.list(_given(params)))

    def webhook_endpoint(self, id_: str) -> Object:
        return self._call(lambda sdk: sdk.v1.webhook_endpoints.retrieve(id_))

    def create_payment_intent(self, params: Mapping[str, Any], *, idempotency_key: str) -> Object:
        options = {"idempotency_key": idempotency_key}
        return self._call(lambda sdk: sdk.v1.payment_intents.create(dict(params), options), writing=True)

    def cancel_payment_intent(self, id_: str, *, idempotency_key: str) -> Object:
        options = {"idempotency_key": idempotency_key}
        return self._call(lambda sdk: sdk.v1.payment_intents.cancel(id_, {}, options), writing=True)

    def currency_of(self, payment_id: str) -> str:
        """The currency of a PaymentIntent (pi_…) or a charge (ch_…)."""
        if payment_id.startswith("ch_"):
            return str(self._call(lambda sdk: sdk.v1.charges.retrieve(payment_id)).get("currency", ""))
        return str(self._call(lambda sdk: sdk.v1.payment_intents.retrieve(payment_id)).get("currency", ""))

    def create_refund(self, params: Mapping[str, Any], *, idempotency_key: str) -> Object:
        options = {"idempotency_key": idempotency_key}
        return self._call(lambda sdk: sdk.v1.refunds.create(dict(params), options), writing=True)

    def create_webhook_endpoint(
        self, *, url: str, events: Sequence[str], marker: Mapping[str, str], idempotency_key: str
    ) -> Object:
        """The answer is the only one that ever holds the signing secret. `marker` is kept as metadata."""
        params = {
            "url": url,
            "enabled_events": list(events),
            "api_version": API_VERSION,
            "description": "Agency toolkit",
            "metadata": dict(marker),
        }
        options = {"idempotency_key": idempotency_key}
        return self._call(lambda sdk: sdk.v1.webhook_endpoints.create(params, options), writing=True)

    def delete_webhook_endpoint(self, id_: str) -> Object:
        return self._call(lambda sdk: sdk.v1.webhook_endpoints.delete(id_), writing=True)

    # ------------------------------------------------------------------------------------------------ below

    def _call(self, ask: Callable[[Any], Any], *, writing: bool = False) -> Object:
        sdk = self._client()
        import stripe

        environment = self._connection.environment
        try:
            answer: Object = ask(sdk).to_dict(for_json=True)
        except RateLimited as error:
            raise _rate_limit(error) from error
        except ProviderError as error:
            error.fix_url = error.fix_url or STATUS_URL
            raise
        except stripe.StripeError as error:
            body = error.json_body if isinstance(error.json_body, Mapping) else {}
            said = body.get("error")
            raise error_from(
                error.http_status,
                said if isinstance(said, Mapping) else {},
                environment=environment,
                writing=writing,
                request_id=error.request_id or "",
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The SDK stumbles over JSON that is not Stripe's: another server answers at this address.
            raise error_from(
                self._http.status, {}, environment=environment, writing=writing, request_id=type(error).__name__
            ) from error
        self._refuse_mix(answer)
        return answer

    def _client(self) -> Any:
        if self._sdk is None:
            from . import sdk

            key = usable_key(self._connection)
            self._http = sdk.DoorClient(self._connection.http.bound(secrets=(key,)))
            self._sdk = sdk.sdk_client(key, self._connection.api_base, self._http)
        return self._sdk

    def _refuse_mix(self, answer: Object) -> None:
        """Live and test data never mix: not even when a key's name says one thing and its answers another.

        At another base address (a vendor's mock, say) the key's own name has the last word; `Checks.mode` warns.
        """
        if at_another_address(self._connection):
            return
        objects = answer.get("data") if answer.get("object") == "list" else [answer]
        wanted = self._connection.environment is Environment.LIVE
        for one in objects if isinstance(objects, list) else ():
            if isinstance(one, Mapping) and one.get("livemode") is (not wanted):
                raise mixed_up(self._connection.environment)


def at_another_address(connection: Connection) -> bool:
    """Whether the operator sends Stripe's calls elsewhere (STRIPE_API_BASE)."""
    return connection.api_base.rstrip("/") != MANIFEST.api_base


def usable_key(connection: Connection) -> str:
    """The key, if it is one that may be used in this environment. Raises InvalidConfiguration. Sends nothing."""
    key = connection.configuration.get("api_key", "").strip()
    url = keys_url(connection.environment)
    if not key:
        raise InvalidConfiguration(
            "There is no Stripe key yet.", field="api_key", fix="Paste a secret or restricted key.", fix_url=url
        )
    mistake = next((one for one in API_KEY.mistakes if re.match(one.pattern, key)), None)
    if mistake:
        raise InvalidConfiguration("This is not a secret key.", field="api_key", fix=mistake.message, fix_url=url)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidConfiguration(
            "The key has characters that no Stripe key has.",
            field="api_key",
            fix="Copy the key again, without spaces or line breaks.",
            fix_url=url,
        )
    belongs = next((env for prefix, env in API_KEY.prefixes.items() if key.startswith(prefix)), None)
    live = connection.environment is Environment.LIVE
    if belongs is not None and (belongs is Environment.LIVE) is not live:
        raise mixed_up(connection.environment)
    return key


def mixed_up(environment: Environment) -> InvalidConfiguration:
    if environment is Environment.LIVE:
        message = "This is a test key, but the connection is for live payments."
        fix = "Paste the live key, or make a connection for test payments."
    else:
        message = "This is a live key, but the connection is for test payments. Nothing was done with it."
        fix = "Paste the test key, or make a connection for live payments."
    return InvalidConfiguration(message, field="api_key", fix=fix, fix_url=keys_url(environment), code="mode_mixed")


def _rate_limit(error: RateLimited) -> RateLimited:
    """The door's error with Stripe's own words for it."""
    answer = getattr(error, "answer", None)
    if answer is None:
        return error
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = None
    said = body.get("error") if isinstance(body, dict) else None
    reason = answer.headers.get("Stripe-Rate-Limited-Reason", "")
    rest = {"code": reason or error.code, "status": 429, "detail": error.detail}
    return too_many(said if isinstance(said, dict) else {}, rest, error.retry_after)


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value not in (None, "", ())}
