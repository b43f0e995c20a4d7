"""A worker of its own process for the kill test: drains until it is killed."""

from __future__ import annotations

import time

from webapp import create_app
from webapp.core.database import begin_writing
from webapp.extensions import db
from webapp.webhooks.processing import drain


def main() -> None:
    with create_app().app_context():
        begin_writing()
        while True:
            if not drain(db.session(), limit=500).processed:
                time.sleep(0.02)


if __name__ == "__main__":
    main()
