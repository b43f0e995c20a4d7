"""A stand-in of Stripe's API: stateful, strict about parameters, and with Stripe's own error answers.

Keys: `sk_test_SandboxOpenSesame` may do everything. A restricted key names what it may not do:
`rk_test_SandboxWithoutBalance`, `rk_test_SandboxWithoutCustomerEvent` and so on. Any other key is refused.
Cards: `pm_card_visa` pays, `pm_card_chargeDeclined` is declined.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from providers.kit.faults import Fault
from providers.kit.sandbox import SandboxRequest, SandboxResponse, VendorStandIn

from . import sandbox_actions as actions
from .objects import ACCOUNT_ID
from .sandbox_catalogue import ROUTES as CATALOGUE_ROUTES
from .sandbox_clocks import ROUTES as CLOCK_ROUTES
from .sandbox_invoices import ROUTES as INVOICE_ROUTES
from .sandbox_radar import ROUTES as RADAR_ROUTES
from .sandbox_routes import Route, route
from .sandbox_store import Refused, Store, expanded
from .sandbox_subscriptions import ROUTES as SUBSCRIPTION_ROUTES

SECRET_KEY = "sk_test_SandboxOpenSesame"
RESTRICTED_KEY = "rk_test_SandboxWithout"
_SCOPES = {
    "account": "Account",
    "balance": "Balance",
    "charge": "Charge",
    "customer": "Customer",
    "dispute": "Dispute",
    "event": "Event",
    "invoice": "Invoice",
    "payment_links": "PaymentLink",
    "checkout_session": "CheckoutSession",
    "product": "Product",
    "plan": "Plan",
    "radar": "Radar",
    "review": "Review",
    "subscription": "Subscription",
    "billing_clock": "TestClock",
    "payment_intent": "PaymentIntent",
    "webhook": "Webhook",
}


_PAGE = "limit starting_after ending_before"
_CUSTOMER = "name email phone description metadata address balance payment_method invoice_settings test_clock"
_INTENT = (
    "amount currency description metadata customer confirm payment_method receipt_email automatic_payment_methods "
    "capture_method return_url statement_descriptor statement_descriptor_suffix off_session"
)
_ENDPOINT = "url enabled_events description metadata"
ROUTES = (
    route("GET", "/v1/account", "account", actions.account),
    route("GET", "/v1/balance", "balance", actions.balance),
    route("GET", "/v1/customers", "customer", actions.list_customers, f"{_PAGE} created email"),
    route("POST", "/v1/customers", "customer", actions.create_customer, _CUSTOMER),
    route("GET", "/v1/customers/{id}", "customer", actions.get_customer),
    route("POST", "/v1/customers/{id}", "customer", actions.update_customer, _CUSTOMER),
    route("DELETE", "/v1/customers/{id}", "customer", actions.delete_customer),
    route("GET", "/v1/payment_intents", "payment_intent", actions.list_intents, f"{_PAGE} created customer"),
    route("POST", "/v1/payment_intents", "payment_intent", actions.create_intent, _INTENT),
    route("GET", "/v1/payment_intents/{id}", "payment_intent", actions.get_intent, "client_secret"),
    route(
        "POST",
        "/v1/payment_intents/{id}/confirm",
        "payment_intent",
        actions.confirm_intent,
        "payment_method return_url off_session receipt_email",
    ),
    route("POST", "/v1/payment_intents/{id}/cancel", "payment_intent", actions.cancel_intent, "cancellation_reason"),
    route("GET", "/v1/charges", "charge", actions.list_charges, f"{_PAGE} created customer payment_intent"),
    route("GET", "/v1/charges/{id}", "charge", actions.get_charge),
    route("GET", "/v1/refunds", "charge", actions.list_refunds, f"{_PAGE} created charge payment_intent"),
    route("POST", "/v1/refunds", "charge", actions.create_refund, "charge payment_intent amount reason metadata"),
    route("GET", "/v1/refunds/{id}", "charge", actions.get_refund),
    route("GET", "/v1/events", "event", actions.list_events, f"{_PAGE} created type types delivery_success"),
    route("GET", "/v1/events/{id}", "event", actions.get_event),
    route("GET", "/v1/webhook_endpoints", "webhook", actions.list_endpoints, _PAGE),
    route("POST", "/v1/webhook_endpoints", "webhook", actions.create_endpoint, f"{_ENDPOINT} api_version connect"),
    route("GET", "/v1/webhook_endpoints/{id}", "webhook", actions.get_endpoint),
    route("POST", "/v1/webhook_endpoints/{id}", "webhook", actions.update_endpoint, f"{_ENDPOINT} disabled"),
    route("DELETE", "/v1/webhook_endpoints/{id}", "webhook", actions.delete_endpoint),
    *CATALOGUE_ROUTES,
    *SUBSCRIPTION_ROUTES,
    *INVOICE_ROUTES,
    *RADAR_ROUTES,
    *CLOCK_ROUTES,
)


class Sandbox(VendorStandIn):
    @staticmethod
    def credentials() -> dict[str, str]:
        return {
            "api_key": SECRET_KEY,
            "publishable_key": "pk_test_SandboxOpenSesame",
            "webhook_secret": "whsec_SandboxOpenSesame",
        }

    def handle(self, request: SandboxRequest) -> SandboxResponse:
        store = Store(self.state, int(self.now().timestamp()))
        if not self.state.get("seeded"):
            self.state["seeded"] = True
            actions.seed(store)
        try:
            key = _key(request.headers)
            found, id_ = _find(request)
            _check_permission(key, found)
            params = _params(request)
            _check_names(params, found)
            status, body, extra = self._once(store, request, lambda: _run(found, store, params, id_))
        except Refused as refusal:
            status, body, extra = refusal.status, refusal.body(), {}
        except (AttributeError, KeyError, TypeError, ValueError):
            # A group where a value belongs, or letters in a number: Stripe refuses those, each in its own words.
            wrong = Refused(400, "Invalid request: a parameter has the wrong shape.", code="parameter_invalid")
            status, body, extra = wrong.status, wrong.body(), {}
        headers = {
            "Content-Type": "application/json",
            "Date": format_datetime(self.now().astimezone(UTC), usegmt=True),
            "Request-Id": f"req_Sandbox{store.next_number():08d}",
            "Stripe-Version": request.headers.get("stripe-version", ""),
            **extra,
        }
        return SandboxResponse(status=status, body=orjson.dumps(body), headers=headers)

    def refuse(self, fault: Fault, request: SandboxRequest) -> SandboxResponse:
        level = "read" if request.method == "GET" else "write"
        refusal = {
            Fault.BAD_KEY: Refused(401, "Invalid API Key provided: sk_test_****"),
            Fault.MISSING_PERMISSION: Refused(
                403,
                "The provided key does not have the required permissions for this endpoint on account "
                f"'{ACCOUNT_ID}'. Having the 'rak_{_scope(request)}_{level}' permission would allow this "
                "request to continue.",
            ),
            Fault.RATE_LIMIT: Refused(429, "Too many requests in too short a time.", code="rate_limit"),
        }[fault]
        extra = (
            {"Stripe-Rate-Limited-Reason": "global-rate", "Retry-After": "60"} if fault is Fault.RATE_LIMIT else {}
        )
        headers = {"Content-Type": "application/json", **extra}
        return SandboxResponse(status=refusal.status, body=orjson.dumps(refusal.body()), headers=headers)

    def _once(
        self, store: Store, request: SandboxRequest, run: Callable[[], dict[str, Any]]
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Runs a POST once for each Idempotency-Key; the same key with other values is refused."""
        key = request.headers.get("idempotency-key", "")
        if request.method != "POST" or not key:
            return 200, run(), {}
        if len(key) > 255:
            raise Refused(400, "The idempotency key is longer than 255 characters.", type_="idempotency_error")
        asked = hashlib.sha256(f"{request.path}\n".encode() + request.body).hexdigest()
        kept = store.table("idempotency").get(key)
        if kept and kept["asked"] != asked:
            raise Refused(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                type_="idempotency_error",
            )
        if kept:
            return kept["status"], kept["body"], {"Idempotent-Replayed": "true"}
        try:
            status, body = 200, run()
        except Refused as refusal:
            if refusal.status != 402:  # refusals of the values themselves are not remembered
                raise
            status, body = refusal.status, refusal.body()
        store.table("idempotency")[key] = {"asked": asked, "status": status, "body": copy.deepcopy(body)}
        return status, body, {}


def _run(found: Route, store: Store, params: dict[str, Any], id_: str | None) -> dict[str, Any]:
    answer = found.run(store, params) if id_ is None else found.run(store, params, id_)
    return expanded(store, answer, params.get("expand"))


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            value = ""
    if not value:
        raise Refused(401, "You did not provide an API key. Send it as a bearer token in the Authorization header.")
    if value != SECRET_KEY and not value.startswith(RESTRICTED_KEY):
        raise Refused(401, f"Invalid API Key provided: {value[:8]}****")
    return value


def _find(request: SandboxRequest) -> tuple[Route, str | None]:
    for one in ROUTES:
        match = one.path.fullmatch(request.path)
        if match and one.method == request.method:
            return one, match.groupdict().get("id_")
    raise Refused(404, f"Unrecognized request URL ({request.method}: {request.path}).")


def _scope(request: SandboxRequest) -> str:
    """What a call needs, for the refusal of whatever call it is."""
    return next((one.scope for one in ROUTES if one.path.fullmatch(request.path)), "account")


def _check_permission(key: str, found: Route) -> None:
    """A key says behind its name what it lacks: `Customer` altogether, or `CustomerWrite` only to change."""
    level, thing = "read" if found.method == "GET" else "write", _SCOPES[found.scope]
    lacks = "" if key == SECRET_KEY else key.removeprefix(RESTRICTED_KEY)
    if thing not in lacks or (level == "read" and f"{thing}Write" in lacks):
        return
    raise Refused(
        403,
        f"The provided key 'rk_test_*********{key[-4:]}' does not have the required permissions for this endpoint on "
        f"account '{ACCOUNT_ID}'. Having the 'rak_{found.scope}_{level}' permission would allow this request to "
        "continue.",
    )


def _params(request: SandboxRequest) -> dict[str, Any]:
    """Query and form as nested values: `a[b][0]=1`, `a[]=1`."""
    pairs = [(name, value) for name, values in request.query.items() for value in values]
    if request.body:
        kind = request.headers.get("content-type", "").partition(";")[0]
        if kind != "application/x-www-form-urlencoded":
            raise Refused(400, "The request body must be form-encoded.")
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return nested(pairs)


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Bracketed names as nested dicts; a dict whose keys are all numbers (or empty) becomes a list."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, _, rest = name.partition("[")
        path = [head, *(rest[:-1].split("][") if rest.endswith("]") else ())]
        node = tree
        for step in path[:-1]:
            node = _child(node, step)
        node[_slot(node, path[-1])] = value
    return {name: _listed(value) for name, value in tree.items()}


def _child(node: dict[str, Any], step: str) -> dict[str, Any]:
    child = node.setdefault(_slot(node, step), {})
    if not isinstance(child, dict):
        raise Refused(400, "Invalid request: a parameter is both a value and a group.")
    return child


def _slot(node: dict[str, Any], step: str) -> str:
    return step or str(len(node))


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if inner and all(name.isdigit() for name in inner) else inner


def _check_names(params: Mapping[str, Any], found: Route) -> None:
    unknown = next((name for name in params if name not in found.allowed), None)
    if unknown is not None:
        raise Refused(400, f"Received unknown parameter: {unknown}", code="parameter_unknown", param=unknown)
