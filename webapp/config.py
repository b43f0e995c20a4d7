"""Settings from the environment, each also as `NAME_FILE`. Names: docs/operate/settings.md."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote, urlsplit

SIGNUP_CHOICES = ("closed", "invite", "open")
KEY_FILES = {"SECRET_KEY": "secret_key", "ENCRYPTION_KEYS": "encryption_keys"}
"""Setting → name of its file in DATA_DIR."""
MAIL_PORTS = {"starttls": "587", "tls": "465", "none": "25"}
"""Choice of SMTP_SECURITY → the port it usually has."""


class SettingsError(Exception):
    """A setting is missing or cannot be right; the message is one plain sentence for the operator."""


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """The operator's mail server. `security`: starttls, tls or none."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: str
    sender: str


@dataclass(frozen=True, kw_only=True)
class OpenIdLogin:
    """The OpenID Connect issuer that people may sign in with (LOGIN_OIDC_…), and what its button calls it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "your organisation"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the operator decides. `environ` keeps the rest for per-provider names (`<PROVIDER>_API_BASE`)."""

    data_dir: Path
    database_url: str
    redis_url: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    public_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    web_processes: int = 1
    web_threads: int = 8
    workers: int = 2
    egress_allow: tuple[str, ...] = ()
    signup: str = "invite"
    trusted_proxies: int = 0
    allowed_hosts: tuple[str, ...] = ()
    rate_limit: int = 1200
    security_contact: tuple[str, ...] = ()
    mail: MailSettings | None = None
    login_oidc: OpenIdLogin | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    def encryption_keys_now(self) -> tuple[str, ...]:
        """As they stand in their file, which `toolkit keys rotate` may have changed since. SettingsError."""
        return _encryption_keys(self.environ, self.data_dir)

    def value(self, name: str) -> str:
        """A setting by its environment name, or from the file named by `NAME_FILE`; "" when not set."""
        return _value(self.environ, name)


def _value(environ: Mapping[str, str], name: str, default: str = "") -> str:
    if environ.get(name):
        return environ[name].strip()
    file = environ.get(f"{name}_FILE")
    if not file:
        return default
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE points to {file}, which cannot be read as text: {error}.") from error


def _whole_number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _value(environ, name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}, but is {text!r}.")
    return int(text)


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _value(environ, name).split(",") if part.strip())


def data_dir(environ: Mapping[str, str]) -> Path:
    return Path(_value(environ, "DATA_DIR", "./var")).resolve()


def embedded_queue_socket(folder: Path) -> Path:
    """Where the embedded queue listens: in DATA_DIR, or in a short place of its own when that path is too long for
    a Unix socket (107 bytes, unix(7); one is kept for the server)."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= 106:
        return path
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"toolkit-{os.getuid()}-{name}" / "valkey.sock"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads and checks all settings. Raises SettingsError."""
    environ = dict(os.environ if environ is None else environ)
    folder = data_dir(environ)
    host = _value(environ, "HOST", "127.0.0.1")
    port = _whole_number(environ, "PORT", 8000, 1, 65535)
    signup = _value(environ, "SIGNUP", "invite")
    if signup not in SIGNUP_CHOICES:
        raise SettingsError(f"SIGNUP must be one of {', '.join(SIGNUP_CHOICES)}, but is {signup!r}.")
    public_url = _value(environ, "PUBLIC_URL", f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104 (compared, not bound)
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"PUBLIC_URL must look like https://hub.example.com, but is {public_url!r}.")
    return Settings(
        data_dir=folder,
        database_url=_value(environ, "DATABASE_URL", f"sqlite:///{folder / 'toolkit.db'}"),
        redis_url=_value(environ, "REDIS_URL", f"unix://{quote(str(embedded_queue_socket(folder)))}"),
        secret_key=_key(environ, folder, "SECRET_KEY"),
        encryption_keys=_encryption_keys(environ, folder),
        public_url=public_url.rstrip("/"),
        host=host,
        port=port,
        web_processes=_whole_number(environ, "WEB_PROCESSES", 1, 1, 64),
        web_threads=_whole_number(environ, "WEB_THREADS", 8, 1, 128),
        workers=_whole_number(environ, "WORKERS", 2, 1, 64),
        egress_allow=_list(environ, "EGRESS_ALLOW"),
        signup=signup,
        trusted_proxies=_whole_number(environ, "TRUSTED_PROXIES", 0, 0, 10),
        allowed_hosts=_list(environ, "ALLOWED_HOSTS"),
        rate_limit=_whole_number(environ, "RATE_LIMIT", 1200, 0, 1_000_000),
        security_contact=_contacts(environ),
        mail=_mail(environ),
        login_oidc=_openid_login(environ),
        environ=environ,
    )


def _contacts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """SECURITY_CONTACT as the addresses of RFC 9116, 2.5.3: a bare e-mail address becomes mailto:."""
    found = []
    for entry in _list(environ, "SECURITY_CONTACT"):
        address = f"mailto:{entry}" if "@" in entry and ":" not in entry else entry
        parts = urlsplit(address)
        if parts.scheme not in ("https", "mailto", "tel") or not address.isprintable() or " " in address:
            raise SettingsError(
                f"SECURITY_CONTACT must be an e-mail address or begin with https://, but has {entry!r}."
            )
        found.append(address)
    return tuple(found)


def _mail(environ: Mapping[str, str]) -> MailSettings | None:
    host = _value(environ, "SMTP_HOST")
    if not host:
        return None
    security = _value(environ, "SMTP_SECURITY", "starttls")
    if security not in MAIL_PORTS:
        raise SettingsError(f"SMTP_SECURITY must be one of {', '.join(MAIL_PORTS)}, but is {security!r}.")
    sender = _value(environ, "MAIL_FROM")
    if "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise SettingsError("MAIL_FROM must be the address that mail comes from, such as: Hub <hub@example.com>")
    return MailSettings(
        host=host,
        port=_whole_number(environ, "SMTP_PORT", int(MAIL_PORTS[security]), 1, 65535),
        username=_value(environ, "SMTP_USERNAME"),
        password=_value(environ, "SMTP_PASSWORD"),
        security=security,
        sender=sender,
    )


def _openid_login(environ: Mapping[str, str]) -> OpenIdLogin | None:
    values = {
        "LOGIN_OIDC_ISSUER": _value(environ, "LOGIN_OIDC_ISSUER").rstrip("/"),
        "LOGIN_OIDC_CLIENT_ID": _value(environ, "LOGIN_OIDC_CLIENT_ID"),
        "LOGIN_OIDC_CLIENT_SECRET": _value(environ, "LOGIN_OIDC_CLIENT_SECRET"),
    }
    if not any(values.values()):
        return None
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise SettingsError(f"{' and '.join(missing)} must be set too, for people to sign in with that issuer.")
    parts = urlsplit(values["LOGIN_OIDC_ISSUER"])
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            f"LOGIN_OIDC_ISSUER must look like https://id.example.com, but is {values['LOGIN_OIDC_ISSUER']!r}."
        )
    return OpenIdLogin(
        issuer=values["LOGIN_OIDC_ISSUER"],
        client_id=values["LOGIN_OIDC_CLIENT_ID"],
        client_secret=values["LOGIN_OIDC_CLIENT_SECRET"],
        name=_value(environ, "LOGIN_OIDC_NAME", OpenIdLogin.name)[:60],
    )


def _encryption_keys(environ: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    text = _key(environ, folder, "ENCRYPTION_KEYS")
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _key(environ: Mapping[str, str], folder: Path, name: str) -> str:
    value = _value(environ, name)
    path = folder / KEY_FILES[name]
    if not value and path.is_file():
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} can be read by other users of this machine; run: chmod 600 {path}")
        value = path.read_text(encoding="utf-8").strip()
    if not value:
        raise SettingsError(f"{name} is not set. 'toolkit up' makes one at its first start, or set it yourself.")
    if any(len(part.strip()) < 32 for part in value.split(",")):
        raise SettingsError(f"{name} is too short to protect anything: use at least 32 random characters.")
    return value
