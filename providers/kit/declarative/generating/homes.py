"""Where each name that generated code uses is imported from."""

from __future__ import annotations

from collections.abc import Mapping

_BY_MODULE: Mapping[str, str] = {
    "collections.abc": "Callable Mapping Sequence",
    "datetime": "date datetime",
    "functools": "cached_property",
    "pathlib": "Path",
    "typing": "Any",
    "base64": "base64",
    "providers.kit": "conformance",
    "providers.kit.answers": "Answer error_for_status",
    "providers.kit.contract": (
        "Account Activity ApiVersion Category Choice Environment Field FieldKind InboundEvent InboundRequest "
        "Manifest OAuthSettings Permission Pricing PricingTier Provider RateLimit SetupStep Step Template "
        "TestDefinition WebhookEventType WebhookSettings provider_id"
    ),
    "providers.kit.declarative.authentication": (
        "Prepared carrying client_token mac_of request_parts signed_in_token"
    ),
    "providers.kit.declarative.checks": "account_in account_steps expected_steps webhook_steps",
    "providers.kit.declarative.client": (
        "Reading ServiceClient cursor_in fitting_cursor linked making_request picked"
    ),
    "providers.kit.declarative.document": "Expectation",
    "providers.kit.declarative.document_calls": "Csv Response",
    "providers.kit.declarative.document_fields": "DependsOn InputField Option",
    "providers.kit.declarative.document_webhook": (
        "BasicScheme EventType HmacScheme StandardScheme TimestampedScheme TokenScheme Webhook"
    ),
    "providers.kit.declarative.expressions": "applied",
    "providers.kit.declarative.recorded": "RecordedStandIn Route TokenAddress recordings",
    "providers.kit.declarative.refusals": "meets quoting",
    "providers.kit.declarative.requesting": "complete_address host_part path_part xml_text",
    "providers.kit.declarative.rules": "check_configuration typed",
    "providers.kit.declarative.running": "OperationResult",
    "providers.kit.declarative.values": (
        "file_name header_texts inside joined json_bytes json_value present text_bytes texts"
    ),
    "providers.kit.declarative.values_text": "text_of",
    "providers.kit.declarative.webhooks": (
        "describe_event known read_delivery sample_delivery signed_bytes verify_delivery"
    ),
    "providers.kit.errors": (
        "AuthenticationFailed InvalidConfiguration InvalidRequest NotFoundAtVendor PermissionMissing ProviderError "
        "QuotaExceeded RateLimited Unavailable UnexpectedResponse Unsupported"
    ),
    "providers.kit.http": "DoorPolicy",
    "providers.kit.registry": "Registered Registry",
    "providers.kit.retries": "Retry",
    "providers.kit.signatures": "check_time header timestamp_of verify_hmac verify_standard verify_timestamped",
    "providers.kit.tokens": "KeptToken",
    ".checks": "steps_of",
    ".client": "Client proof refusal",
    ".manifest": "FIELDS MANIFEST",
    ".operations": "OPERATIONS",
    ".webhooks": "describe read sample verify",
}

HOMES: Mapping[str, str] = {name: module for module, names in _BY_MODULE.items() for name in names.split()}
