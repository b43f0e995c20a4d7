"""X's own Python SDK as a client of the stand-in. It is no dependency of this project: the test runs where it is."""

from __future__ import annotations

import importlib
from typing import Any

from providers.kit.testing import Bench

from ..sandbox import ACCESS_TOKEN, BEARER_TOKEN

xdk = importlib.import_module("xdk")


def client(bench: Bench, **credentials: Any) -> Any:
    made = xdk.Client(**credentials)
    made.session.mount("https://", bench.transport)
    return made


def test_the_sdk_reads_the_account_posts_and_deletes(bench: Bench) -> None:
    account = client(bench, access_token=ACCESS_TOKEN)
    me = account.users.get_me(user_fields=["username", "public_metrics"])
    assert me.data.username == "ExampleStudio"
    made = account.posts.create({"text": "Hello from X's own SDK"})
    found = account.posts.get_by_ids([made.data.id], post_fields=["public_metrics"])
    assert found.data[0].public_metrics.impression_count == 0
    assert account.posts.delete(made.data.id).data.deleted is True


def test_the_sdk_pages_through_the_accounts_posts(bench: Bench) -> None:
    account = client(bench, access_token=ACCESS_TOKEN)
    me = account.users.get_me()
    pages = list(account.users.get_posts(me.data.id, max_results=5))
    assert [len(one.data) for one in pages] == [5, 2]


def test_the_sdk_looks_after_webhooks(bench: Bench) -> None:
    app = client(bench, bearer_token=BEARER_TOKEN)
    made = app.webhooks.create({"url": "https://hub.example.com/hook"})
    assert made.data.valid is True
    assert [one.url for one in app.webhooks.get().data] == ["https://hub.example.com/hook"]
    assert app.webhooks.delete(made.data.id).data.deleted is True
