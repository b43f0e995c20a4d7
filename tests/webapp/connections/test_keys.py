"""Keys: checked while typing, kept when masked, sorted from a paste, refused twice, and never sent back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from providers.kit.registry import Registry
from tests.conftest import PASSWORD, People
from tests.webapp.accounts.steps import held_in, let_proof_grow_old
from webapp.accounts.models import User
from webapp.catalog import service as catalog
from webapp.core.permissions import Role
from webapp.instances import secrets
from webapp.instances.forms import asked_fields
from webapp.instances.models import Instance, SecretVersion
from webapp.workspaces.models import Workspace

KEY = "sk_test_51ABCDEFGHIJKLMNOPQRSTUV"
OTHER = "rk_test_51ZYXWVUTSRQPONMLKJIHGFE"
LIVE = "sk_live_51ABCDEFGHIJKLMNOPQRSTUV"
SIGNING = "whsec_abcdefghijklmnopqrstuvwx"


@pytest.fixture
def draft(begin: Callable[..., str]) -> str:
    return begin("stripe", "test")


def values_of(session: Session, id_: str) -> dict[str, str]:
    session.expire_all()
    return secrets.open_current(session, session.get_one(Instance, id_))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (KEY, "Looks right"),
        ("pk_test_abcdefgh", "publishable key"),
        (LIVE, "This is a live key"),
        ("hello", "Example:"),
        ("", "is needed"),
    ],
)
def test_a_key_is_judged_while_it_is_typed_and_never_sent_back(
    draft: str, client: FlaskClient, typed: str, said: str
) -> None:
    answer = client.post(f"/integrations/{draft}/connect/check-field", data={"field-api_key": typed})
    assert answer.status_code == 200
    assert said in answer.text
    if typed:
        assert typed not in answer.text


def test_a_field_nobody_knows_is_not_found(draft: str, client: FlaskClient) -> None:
    where = f"/integrations/{draft}/connect/check-field"
    assert client.post(where, data={"field-shoe_size": "43"}).status_code == 404
    assert client.post(where, data={}).status_code == 404


def test_a_wrong_key_is_told_at_its_field_and_nothing_is_saved(
    draft: str, client: FlaskClient, session: Session
) -> None:
    answer = client.post(
        f"/integrations/{draft}/connect/credentials",
        data={"field-api_key": LIVE, "field-publishable_key": "pk_test_keepme123"},
    )
    assert answer.status_code == 422
    assert 'id="field-api_key-error"' in answer.text
    assert "pk_test_keepme123" in answer.text
    assert LIVE not in answer.text
    assert session.get_one(Instance, draft).configuration == {}
    assert values_of(session, draft) == {}


def test_a_missing_key_is_told_at_its_field(draft: str, client: FlaskClient) -> None:
    answer = client.post(f"/integrations/{draft}/connect/credentials", data={"field-api_key": ""})
    assert answer.status_code == 422
    assert "Secret or restricted key is needed." in answer.text


def test_an_empty_or_masked_key_stays_as_it_was(draft: str, client: FlaskClient, session: Session) -> None:
    where = f"/integrations/{draft}/connect/credentials"
    assert client.post(where, data={"field-api_key": KEY}).status_code == 303
    page = client.get(where)
    assert "••••STUV" in page.text
    assert KEY not in page.text
    for again in ("", "••••STUV", "••••"):
        assert client.post(where, data={"field-api_key": again}).status_code == 303
        assert values_of(session, draft)["api_key"] == KEY


def test_a_whole_env_file_is_sorted_and_told_in_names_only(draft: str, client: FlaskClient, session: Session) -> None:
    text = f"""# keys
    export STRIPE_SECRET_KEY="{KEY}"
    NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=pk_live_notfortesting
    STRIPE_WEBHOOK_SECRET={SIGNING}
    DATABASE_URL=postgres://someone:hunter2@db/shop
    """
    answer = client.post(f"/integrations/{draft}/connect/paste", data={"text": text})
    assert answer.status_code == 200
    assert "Saved: Secret or restricted key, Webhook signing secret." in answer.text
    assert "Publishable key: This is a live key" in answer.text
    assert "DATABASE_URL" in answer.text
    for secret in (KEY, SIGNING, "hunter2", "pk_live_notfortesting"):
        assert secret not in answer.text
    assert values_of(session, draft) == {"api_key": KEY, "webhook_secret": SIGNING}


def test_json_is_sorted_too(draft: str, client: FlaskClient, session: Session) -> None:
    client.post(f"/integrations/{draft}/connect/paste", data={"text": f'{{"stripe": {{"secret_key": "{KEY}"}}}}'})
    assert values_of(session, draft) == {"api_key": KEY}


def test_an_empty_paste_is_told_at_its_field(draft: str, client: FlaskClient) -> None:
    answer = client.post(f"/integrations/{draft}/connect/paste", data={"text": "  "})
    assert answer.status_code == 422
    assert "Paste something first." in answer.text


def test_the_same_key_twice_is_refused_with_a_link_to_the_first(
    begin: Callable[..., str], client: FlaskClient, session: Session
) -> None:
    first, second = begin("stripe", "test", name="First"), begin("stripe", "test", name="Second")
    client.post(f"/integrations/{first}/connect/credentials", data={"field-api_key": KEY})
    for where, sent in (("credentials", {"field-api_key": KEY}), ("paste", {"text": KEY})):
        answer = client.post(f"/integrations/{second}/connect/{where}", data=sent)
        assert answer.status_code == 409
        assert f'href="/integrations/{first}"' in answer.text
        assert "Open First" in answer.text
        assert KEY not in answer.text
    assert values_of(session, second) == {}


def test_the_server_s_credentials_are_used_when_an_admin_offers_them(
    app: Flask, draft: str, client: FlaskClient, session: Session
) -> None:
    where = f"/integrations/{draft}/connect"
    assert "server's credentials" not in client.get(f"{where}/credentials").text
    assert client.post(f"{where}/server-credentials", data={"use": "yes"}).status_code == 403
    app.config["SETTINGS"].environ["STRIPE_SECRET_KEY"] = KEY
    catalog.offer_server_credentials(session, provider_id="stripe", offered=True)
    session.commit()
    assert "Use the server" in client.get(f"{where}/credentials").text
    assert client.post(f"{where}/server-credentials", data={"use": "yes"}).status_code == 303
    page = client.get(f"{where}/credentials").text
    assert "uses the server" in page
    assert KEY not in page
    assert client.post(f"{where}/credentials", data={"field-api_key": ""}).status_code == 303


def test_another_environment_clears_the_keys(draft: str, client: FlaskClient, session: Session) -> None:
    client.post(f"/integrations/{draft}/connect/credentials", data={"field-api_key": KEY})
    client.post(
        f"/integrations/{draft}/connect/purpose",
        data={"environment": "live", "name": "Shop", "description": "", "template_id": ""},
    )
    assert values_of(session, draft) == {}
    assert session.get_one(Instance, draft).environment == "live"


def test_a_replaced_signing_secret_overlaps_and_can_be_ended(
    connect: Callable[[], str], client: FlaskClient, session: Session
) -> None:
    id_ = connect()
    where = f"/integrations/{id_}/secrets/webhook_secret"
    answer = client.post(where, data={"field-webhook_secret": SIGNING, "overlap": "24"})
    assert answer.status_code == 303
    page = client.get(f"/integrations/{id_}/settings").text
    assert "••••uvwx" in page
    assert "End it now" in page
    assert SIGNING not in page
    session.expire_all()
    overlapping = [
        one.version
        for one in session.scalars(select(SecretVersion).where(SecretVersion.field == "webhook_secret"))
        if one.retires_at is not None
    ]
    for version in overlapping:
        assert client.post(f"{where}/retire", data={"version": str(version)}).status_code == 303
    assert "End it now" not in client.get(f"/integrations/{id_}/settings").text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"field-api_key": ""}, 422),
        ({"field-api_key": "pk_test_abcdefghij"}, 422),
        ({"field-api_key": KEY, "overlap": "9000"}, 422),
    ],
)
def test_a_bad_replacement_is_told_at_its_field(
    connect: Callable[[], str], client: FlaskClient, sent: dict[str, str], status: int
) -> None:
    id_ = connect()
    answer = client.post(f"/integrations/{id_}/secrets/api_key", data=sent)
    assert answer.status_code == status
    assert 'id="field-api_key-error"' in answer.text
    assert KEY not in answer.text


def test_new_keys_for_a_working_connection_keep_its_id_and_history(
    connect: Callable[[], str], client: FlaskClient, session: Session, people: People, workspace: Workspace,
    sign_in: Callable[..., FlaskClient],
) -> None:  # fmt: skip
    id_ = connect()
    before = session.get_one(Instance, id_).webhook_key
    answer = client.post(
        f"/integrations/{id_}/connect/credentials", data={"field-api_key": "", "field-publishable_key": ""}
    )
    assert answer.headers["Location"].endswith(f"/integrations/{id_}/connect/test")
    session.expire_all()
    assert session.get_one(Instance, id_).webhook_key == before
    assert client.get(f"/integrations/{id_}/connect/test").status_code == 200
    member = sign_in(people.member(workspace, Role.MEMBER))
    assert member.get(f"/integrations/{id_}/connect/credentials").status_code == 403
    assert member.post(f"/integrations/{id_}/connect/credentials", data={"field-api_key": OTHER}).status_code == 403


def test_a_secret_that_proves_events_and_is_needed_anyway_is_asked_for_with_the_keys() -> None:
    manifests = [one.manifest for one in Registry.discover()]
    hidden = {one.name for manifest in manifests for one in manifest.asked_fields} - {
        one.name for manifest in manifests for one in asked_fields(manifest)
    }
    assert hidden  # those that only prove events have the step about events
    for manifest in manifests:
        asked = asked_fields(manifest)
        assert [one.name for one in manifest.asked_fields if one.required and one not in asked] == [], manifest.id


def test_replacing_a_key_asks_for_a_proof_and_never_shows_the_key_meanwhile(
    connect: Callable[[], str], client: FlaskClient, session: Session, owner: User
) -> None:
    id_ = connect()
    let_proof_grow_old(session, owner)
    calls = (
        (f"/integrations/{id_}/secrets/api_key", {"field-api_key": KEY}),
        (f"/integrations/{id_}/secrets/api_key/retire", {"version": "1"}),
        (f"/integrations/{id_}/connect/credentials", {"field-api_key": KEY}),
        (f"/integrations/{id_}/connect/paste", {"text": KEY}),
    )
    for where, sent in calls:
        answer = client.post(where, data=sent)
        assert answer.status_code == 403, where
        assert "Confirm that it is you" in answer.text
        assert KEY not in answer.text
    checked = client.post(f"/integrations/{id_}/connect/check-field", data={"field-api_key": KEY})
    assert "HX-Redirect" not in checked.headers  # typing is not sending


def test_a_key_that_waited_for_the_proof_is_then_replaced(
    connect: Callable[[], str], client: FlaskClient, session: Session, owner: User
) -> None:
    id_ = connect()
    let_proof_grow_old(session, owner)
    where = f"/integrations/{id_}/secrets/api_key"
    held = held_in(client.post(where, data={"field-api_key": KEY}).text)
    assert client.post(where, data={"proof_held": held, "proof_password": PASSWORD}).status_code == 303
    assert f"••••{KEY[-4:]}" in client.get(f"/integrations/{id_}/settings").text
