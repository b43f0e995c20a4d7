"""Settings of an installation that is only measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from webapp.config import Settings


def settings_for(
    folder: Path, *, egress_allow: tuple[str, ...] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """SQLite in `folder`, keys that are long enough, and a queue that nobody answers."""
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'toolkit.db'}",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="a secret key for benchmarks, long enough",
        encryption_keys=("an encryption key for benchmarks, long enough",),
        public_url="http://localhost",
        rate_limit=0,
        egress_allow=egress_allow,
        environ=environ or {},
    )
