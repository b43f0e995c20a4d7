"""Which providers there are: every folder beside `kit` that holds a `provider.py`.

The folder's name is the provider's id (`acme_mail` is `acme-mail`): a copied folder is another
provider. Nothing is imported before `Registry.discover()` is called.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from providers.kit.contract import Category, Connection, Environment, Manifest, Provider, WebhookState
from providers.kit.errors import InvalidConfiguration
from providers.kit.http import CallRecord, Door, DoorPolicy, SandboxTransport, Transport
from providers.kit.sandbox import MemoryState, SandboxState, VendorStandIn
from providers.kit.tokens import MemoryTokens, TokenStore, token_of

ROOT = Path(__file__).resolve().parents[1]
RESERVED = frozenset({"kit"})


class ProviderFolderError(Exception):
    """A provider's folder is not complete. The message names the folder and what is missing."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One discovered provider: its class, its stand-in (None: no sandbox) and where its files are."""

    id: str
    provider: type[Provider]
    sandbox: type[VendorStandIn] | None
    folder: Path

    @property
    def manifest(self) -> Manifest:
        return self.provider.manifest


class Registry:
    """The discovered providers, by id."""

    def __init__(self, providers: Mapping[str, Registered]) -> None:
        self._providers = dict(sorted(providers.items()))

    @classmethod
    def discover(cls, root: Path = ROOT, package: str = "providers") -> Registry:
        """Imports every provider folder below `root`, which is the package `package`. Raises ProviderFolderError."""
        found = {}
        for file in sorted(root.glob("*/provider.py")):
            if file.parent.name not in RESERVED:
                one = _load(file.parent, package)
                found[one.id] = one
        return cls(found)

    def __len__(self) -> int:
        return len(self._providers)

    def __iter__(self) -> Iterator[Registered]:
        return iter(self._providers.values())

    def __contains__(self, provider_id: object) -> bool:
        return provider_id in self._providers

    def all(self) -> tuple[type[Provider], ...]:
        """Every provider class, by id."""
        return tuple(one.provider for one in self)

    def ids(self) -> tuple[str, ...]:
        return tuple(self._providers)

    def entry(self, provider_id: str) -> Registered:
        """Raises KeyError."""
        return self._providers[provider_id]

    def get(self, provider_id: str) -> type[Provider]:
        """The provider class. Raises KeyError."""
        return self._providers[provider_id].provider

    def manifest(self, provider_id: str) -> Manifest:
        """Raises KeyError."""
        return self._providers[provider_id].manifest

    def by_category(self) -> dict[Category, tuple[type[Provider], ...]]:
        """Provider classes by category, in the order of `Category`; categories without one are left out."""
        groups = {
            category: tuple(one for one in self.all() if one.manifest.category is category) for category in Category
        }
        return {category: members for category, members in groups.items() if members}

    def logo_path(self, provider_id: str) -> Path:
        """Raises KeyError."""
        return self._providers[provider_id].folder / "logo.svg"

    def guide(self, provider_id: str) -> str:
        """The set-up guide as Markdown. Raises KeyError."""
        return (self._providers[provider_id].folder / "guide.md").read_text(encoding="utf-8")

    def sandbox(self, provider_id: str) -> type[VendorStandIn] | None:
        """The stand-in's class. Raises KeyError."""
        return self._providers[provider_id].sandbox

    def open(
        self,
        provider_id: str,
        *,
        configuration: Mapping[str, str],
        environment: Environment,
        policy: DoorPolicy,
        on_call: Callable[[CallRecord], None],
        sandbox_state: SandboxState | None = None,
        webhook_state: WebhookState | None = None,
        now: Callable[[], datetime] = utc_now,
        api_base_override: str = "",
        account_key: str = "",
        settings: Mapping[str, Any] | None = None,
        transport: Transport | None = None,
        tokens: TokenStore | None = None,
    ) -> Provider:
        """A provider bound to one account, ready for its verbs. Raises KeyError, InvalidConfiguration.

        `configuration` is by field name. `api_base_override` (`<PROVIDER>_API_BASE`) does not hold in the sandbox.
        `tokens` keeps a renewed OAuth token; without it one is kept for as long as the provider lives.
        Calls of the same `account_key` share one rate limit; "" derives it from the secrets.
        """
        entry = self._providers[provider_id]
        manifest = entry.manifest
        values = {one.name: one.default for one in manifest.fields if one.default} | dict(configuration)
        secrets = tuple(values[one.name] for one in manifest.fields if one.secret and values.get(one.name))
        api_base = manifest.api_base
        if environment is Environment.SANDBOX:
            transport = transport or _sandbox_transport(entry, sandbox_state, now)
        elif api_base_override:
            api_base = api_base_override
        door = Door(
            policy=policy,
            base_url=api_base,
            on_call=on_call,
            provider_id=provider_id,
            account_key=account_key or _account_key(provider_id, secrets),
            rate_limit=manifest.rate_limit,
            transport=transport,
            secrets=secrets,
        )
        return entry.provider(
            Connection(
                configuration=values,
                environment=environment,
                http=door,
                api_base=api_base,
                now=now,
                webhook=webhook_state or WebhookState(),
                settings=settings or {},
                moved=api_base != manifest.api_base,
                tokens=tokens or MemoryTokens(token_of(values)),
            )
        )


def _sandbox_transport(
    entry: Registered, state: SandboxState | None, now: Callable[[], datetime]
) -> SandboxTransport:
    if entry.sandbox is None:
        raise InvalidConfiguration(
            f"{entry.manifest.name} has no sandbox.", fix="Choose the live or test environment.", field="environment"
        )
    return SandboxTransport(entry.sandbox, MemoryState() if state is None else state, now)


def _account_key(provider_id: str, secrets: tuple[str, ...]) -> str:
    """A name for the account that tells nothing of its secrets."""
    return hashlib.sha256("\x1f".join((provider_id, *secrets)).encode()).hexdigest()[:16]


def _load(folder: Path, package: str) -> Registered:
    where = f"providers/{folder.name}"
    for name, purpose in (("logo.svg", "its logo"), ("guide.md", "its set-up guide")):
        if not (folder / name).is_file():
            raise ProviderFolderError(f"{where}: {name} ({purpose}) is missing.")
    module = _import(f"{package}.{folder.name}.provider", where)
    classes = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Provider) and one.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise ProviderFolderError(f"{where}/provider.py: must hold one subclass of Provider, holds {len(classes)}.")
    provider = classes[0]
    if not isinstance(getattr(provider, "manifest", None), Manifest):
        raise ProviderFolderError(f"{where}/provider.py: {provider.__name__} has no manifest.")
    sandbox = None
    if (folder / "sandbox.py").is_file():
        sandbox = getattr(_import(f"{package}.{folder.name}.sandbox", where), "Sandbox", None)
        if not (isinstance(sandbox, type) and issubclass(sandbox, VendorStandIn)):
            raise ProviderFolderError(f"{where}/sandbox.py: has no class Sandbox(VendorStandIn).")
    return Registered(id=folder.name.replace("_", "-"), provider=provider, sandbox=sandbox, folder=folder)


def _import(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ProviderFolderError(f"{where}: cannot be loaded ({type(error).__name__}: {error}).") from error
