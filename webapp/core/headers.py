"""What every answer tells a browser about itself: pages, files, errors, the API and the address of deliveries."""

from __future__ import annotations

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_OFF = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone",
        "midi", "payment", "usb")  # fmt: skip


def safe_headers(*, https: bool) -> tuple[tuple[str, str], ...]:
    """`https`: PUBLIC_URL begins with https://. Only then may browsers be told to insist on it (RFC 6797, 7.2)."""
    headers = (
        ("Content-Security-Policy", CSP),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", ", ".join(f"{name}=()" for name in _OFF)),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Server", "toolkit"),  # else the server puts its own name there, for those who look for its weaknesses
    )
    return (*headers, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")) if https else headers
