"""For provider tests: the vendors' published data, and a sandbox whose every exchange is held against it."""

from providers.kit.testing.bench import NOW, Bench
from providers.kit.testing.published import VENDOR_DATA, Description, description_of, signature_cases, vendor_json
from providers.kit.testing.transport import HeldTransport, Violation

__all__ = [
    "NOW",
    "VENDOR_DATA",
    "Bench",
    "Description",
    "HeldTransport",
    "Violation",
    "description_of",
    "signature_cases",
    "vendor_json",
]
