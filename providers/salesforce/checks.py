"""The lines of the tests. Answers are kept between lines: the whole connection test asks each thing once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from providers.kit.contract import Account, Step, StepOutcome, failed, passed, skipped, warning
from providers.kit.errors import AuthenticationFailed, PermissionMissing, ProviderError
from providers.kit.vocabulary.crm import Contact, ContactValues, SyncsContacts

from . import soql
from .client import Client, Record
from .describing import calls_left
from .fields import APPS_URL, PERMISSION_SETS_URL, USAGE_URL
from .manifest import API_VERSION
from .records import text
from .sign_in import Session

FEW = 0.1
"""Share of the API calls below which the test warns."""

_RIGHTS = {"queryable": "read", "createable": "create", "updateable": "edit", "deletable": "delete"}
_OBJECTS: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
    ("Contact", "contacts", ("queryable", "createable", "updateable", "deletable"), True),
    ("Account", "accounts", ("queryable", "createable", "updateable"), True),
    ("Lead", "leads", ("queryable", "createable"), False),
    ("Opportunity", "opportunities", ("queryable", "createable", "updateable"), False),
)
"""Object, its plural, the rights we use, and whether nothing works without them."""


def organisation(client: Client, session: Session) -> Account:
    """Whose organisation it is. Raises ProviderError."""
    asked = soql.select(("Id", "Name", "OrganizationType", "IsSandbox"), "Organization", limit=1)
    found: Record = next(client.query(asked), {})
    if not text(found, "Id"):
        raise PermissionMissing(
            "Salesforce does not say which organisation this is.",
            permission="View Setup and Configuration",
            fix="Give the user the right “API Enabled” in a permission set.",
            fix_url=PERMISSION_SETS_URL,
        )
    sandbox = found.get("IsSandbox")
    return Account(
        id=text(found, "Id"),
        name=text(found, "Name") or text(found, "Id"),
        detail=text(found, "OrganizationType"),
        url=session.home(),
        livemode=not sandbox if isinstance(sandbox, bool) else None,
    )


class ConnectionChecks:
    """Reach, sign-in, user, rights and calls left."""

    def __init__(self, client: Client, session: Session) -> None:
        self._client = client
        self._session = session

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="sign_in", label="Salesforce lets us in", run=self._sign_in, permissions=("api",)),
            Step(
                name="stay",
                label="We stay signed in",
                run=self._stay,
                needs=("sign_in",),
                permissions=("refresh_token",),
            ),
            Step(name="version", label="The version we use is there", run=self._version, needs=("sign_in",)),
            Step(name="user", label="We know whose rights apply", run=self._user, needs=("sign_in",)),
            *(
                Step(
                    name=name.lower(),
                    label=f"We may work with {words}",
                    run=lambda one=name: self._rights(one),  # type: ignore[misc]  # bound early on purpose
                    needs=("sign_in",),
                    permissions=(name,),
                )
                for name, words, _rights, _needed in _OBJECTS
            ),
            Step(name="calls", label="API calls are left", run=self._calls, needs=("sign_in",)),
        )

    def _sign_in(self) -> StepOutcome:
        account = organisation(self._client, self._session)
        kind = {True: ", a production organisation", False: ", a Salesforce sandbox", None: ""}[account.livemode]
        return passed(f"Signed in to {account.name}{kind}.", account=account)

    def _stay(self) -> StepOutcome:
        """Not a failure: a pasted token does its work until it ends."""
        if self._session.renews:
            return passed("The access is renewed by itself.")
        return warning(
            "There is nothing to renew the access with: it ends with the user's session, usually after two hours.",
            fix="Press “Sign in with Salesforce” and allow it. The app needs the scope “Perform requests at any time "
            "(refresh_token, offline_access)”.",
            fix_url=APPS_URL,
            degrades=False,
        )

    def _version(self) -> StepOutcome:
        offered = self._client.versions()
        if API_VERSION.removeprefix("v") in offered:
            return passed(f"This organisation speaks version {API_VERSION} of the API.")
        return failed(
            f"This organisation does not speak version {API_VERSION} of the API.",
            fix="Update the hub, or ask Salesforce when this organisation gets the newer release.",
            fix_url="https://status.salesforce.com",
        )

    def _user(self) -> StepOutcome:
        user_id = self._session.identity().rstrip("/").rpartition("/")[2]
        if not user_id:
            try:
                user_id = text(self._client.userinfo(), "user_id")
            except (AuthenticationFailed, PermissionMissing):  # the scope openid was not given
                user_id = ""
        if not user_id:
            return skipped("The token does not say whose it is. That is no problem.")
        where = f"Id = {soql.quoted(user_id)}"
        found = next(self._client.query(soql.select(("Id", "Name", "Username"), "User", where=where, limit=1)), None)
        if found is None:
            return skipped("Salesforce does not show us the user. That is no problem.")
        return passed(f"We may do what {text(found, 'Name')} ({text(found, 'Username')}) may do.")

    @cached_property
    def _objects(self) -> dict[str, Record]:
        return self._client.objects()

    def _rights(self, name: str) -> StepOutcome:
        _name, words, rights, needed = next(one for one in _OBJECTS if one[0] == name)
        seen = self._objects.get(name, {})
        missing = [_RIGHTS[one] for one in rights if seen.get(one) is not True]
        if not missing:
            return passed(f"We may {_and([_RIGHTS[one] for one in rights])} {words}.")
        message = f"We may not {_or(missing)} {words}."
        fix = f"In a permission set of the user, open Object Settings, {name}, and tick {_and(missing)}."
        if needed:
            error = PermissionMissing(message, permission=name, fix=fix, fix_url=PERMISSION_SETS_URL)
            return failed(message, fix=fix, fix_url=PERMISSION_SETS_URL, error=error)
        return warning(f"{message} The rest works without.", fix=fix, fix_url=PERMISSION_SETS_URL, degrades=False)

    def _calls(self) -> StepOutcome:
        left = calls_left(self._client)
        if left is None:
            return skipped("Salesforce does not say how many calls are left.")
        words = f"{left.remaining:,} of {left.limit:,} API calls of the last 24 hours are left."
        if left.remaining < left.limit * FEW:
            fix = "See in Salesforce who uses them up, or ask Salesforce for more."
            return warning(words, fix=fix, fix_url=USAGE_URL)
        return passed(words)


class ContactChecks:
    """Creates a contact, reads it back, and removes it unless it is to be kept."""

    def __init__(self, crm: SyncsContacts, inputs: Mapping[str, Any]) -> None:
        self._crm = crm
        self._inputs = inputs
        self._made: Contact | None = None

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="create", label="The contact is created", run=self._create),
            Step(name="read", label="It can be read back", run=self._read, needs=("create",)),
            Step(name="remove", label="It is removed again", run=self._remove, needs=("create",)),
        )

    def _create(self) -> StepOutcome:
        given = self._inputs.get("contact")
        inputs = {**self._inputs, **given} if isinstance(given, Mapping) else self._inputs

        def word(*names: str) -> str:
            return next((str(inputs[one]).strip() for one in names if inputs.get(one)), "")

        values = ContactValues(
            email=word("email"),
            first_name=word("first_name", "firstName", "firstname"),
            last_name=word("last_name", "lastName", "lastname") or "Contact",
        )
        if not values.email:
            return failed("There is no e-mail address to create a contact with.", fix="Enter one and try again.")
        self._made = self._crm.create_contact(values)
        return passed(f"Created {self._made.first_name} {self._made.last_name} ({self._made.id}).")

    def _read(self) -> StepOutcome:
        assert self._made is not None
        found = self._crm.contact(self._made.id)
        wanted = str(self._made.email).lower()
        if found.email.lower() != wanted:
            return failed("Salesforce gives another e-mail address back.", fix="Look at the contact in Salesforce.")
        return passed(f"Salesforce has it: {found.email}.")

    def _remove(self) -> StepOutcome:
        assert self._made is not None
        if str(self._inputs.get("keep", "")).lower() in ("1", "true", "on", "yes"):
            return skipped("Kept, as you wished.")
        try:
            self._crm.archive_contact(self._made.id)
        except ProviderError as error:
            return warning(
                f"It could not be removed: {error}", fix="Delete it in Salesforce.", fix_url=self._made.url
            )
        return passed("Removed. It stays in Salesforce's Recycle Bin for 15 days.")


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
