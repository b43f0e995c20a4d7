"""The lines of the test that adds one contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from providers.kit.contract import Environment, Step, StepOutcome, passed, warning
from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.crm import Contact, ContactValues

from .checks import Checks

_FIX = 'Write it so: {"email": "ada@example.com", "firstname": "Ada", "lastname": "Lovelace"}'


class CreateChecks:
    """Adds the contact of the inputs and reads it back."""

    def __init__(
        self,
        checks: Checks,
        inputs: Mapping[str, Any],
        *,
        create: Callable[[ContactValues], Contact],
        read: Callable[[str], Contact],
    ) -> None:
        self._checks = checks
        self._inputs = inputs
        self._create = create
        self._read = read
        self._contact_id = ""

    def steps(self) -> Sequence[Step]:
        return (
            Step(name="key", label="The token is accepted", run=self._checks.key),
            Step(name="values", label="The contact can be understood", run=self.values),
            Step(name="create", label="The contact is added", run=self.create, needs=("key", "values")),
            Step(name="read", label="The contact is there", run=self.read, needs=("create",)),
        )

    def values(self) -> StepOutcome:
        given = self._contact()
        return passed(f"{len(given)} {'property' if len(given) == 1 else 'properties'} for {given['email']}.")

    def create(self) -> StepOutcome:
        """A contact that is there already is left as it is: a test must not overwrite anything."""
        given = dict(self._contact())
        try:
            made = self._create(ContactValues(email=str(given.pop("email")), more=given))
        except InvalidRequest as error:
            if error.status != 409:
                raise
            self._contact_id = error.code if error.code.isdecimal() else ""
            return warning(
                "A contact with this e-mail address is there already. It was left as it is.",
                fix="Try another address to see a contact being added.",
                degrades=False,
            )
        self._contact_id = made.id
        if self._checks.connection.environment is Environment.SANDBOX:
            return passed(f"The sandbox added contact {made.id}. Nothing left this machine.")
        return passed(f"HubSpot added contact {made.id}.")

    def read(self) -> StepOutcome:
        if not self._contact_id:
            return warning("HubSpot did not say which contact it is, so it was not read.", degrades=False)
        found = self._read(self._contact_id)
        name = " ".join(one for one in (found.first_name, found.last_name) if one)
        return passed(f"Contact {found.id}: {name or 'no name'}, {found.email or 'no e-mail address'}.")

    def _contact(self) -> Mapping[str, Any]:
        """The contact of the inputs, an object or its JSON text. Raises InvalidRequest."""
        given = self._inputs.get("contact")
        if isinstance(given, str):
            try:
                given = orjson.loads(given)
            except orjson.JSONDecodeError as error:
                raise InvalidRequest("The contact is not complete JSON.", field="contact", fix=_FIX) from error
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            raise InvalidRequest("The contact is not a list of properties and values.", field="contact", fix=_FIX)
        email = given.get("email")
        if not isinstance(email, str) or not email.strip():
            raise InvalidRequest("The contact has no e-mail address.", field="contact", fix=_FIX)
        return {**given, "email": email.strip()}
