"""The lines of the connection test: what was found, in plain words, and what to do about it.

Google takes events with any secret and never says whether they were counted. So the test says "sent, not confirmed"
unless the Admin API shows that the secret belongs to the data stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from providers.kit.contract import (
    Account,
    Connection,
    Environment,
    Step,
    StepOutcome,
    failed,
    passed,
    skipped,
    warning,
)

from .access import Access
from .collection import Collection
from .errors import QUOTA_URL
from .event_checks import harmless_payload
from .fields import ADMIN_URL, MEASUREMENT_ID, SERVICE_ACCOUNTS_URL
from .manifest import READ_SCOPE, SEND_PERMISSION, VIEWER_PERMISSION
from .place import Place, secret_refused
from .reports import quota_words, tokens_left
from .shapes import objects

_FEW_TOKENS = 1000
_NOT_LOOKED = "Not looked at: this connection only sends events."


def stream_account(configuration: Mapping[str, str]) -> Account:
    """Whose account it is when nothing can be read: all that is known is where events go."""
    measurement_id = configuration.get(MEASUREMENT_ID.name, "")
    return Account(
        id=measurement_id,
        name=f"Data stream {measurement_id}",
        detail="sends events, not confirmed",
        url=ADMIN_URL,
        certain=False,
    )


class Checks:
    """The lines of one run."""

    def __init__(self, connection: Connection, access: Access, place: Place, collection: Collection) -> None:
        self.connection = connection
        self.access = access
        self.place = place
        self.collection = collection

    def steps(self) -> Sequence[Step]:
        before_secret = ("stream",) if self._reads else ("collection",)
        return (
            Step(name="collection", label="Events are taken", run=self.collected),
            Step(name="access", label="We may sign in to read", run=self.signed_in),
            Step(
                name="property",
                label="The property can be seen",
                run=self.seen,
                needs=("access",),
                permissions=(VIEWER_PERMISSION,),
            ),
            Step(name="stream", label="The measurement ID belongs to it", run=self.streamed, needs=("property",)),
            Step(
                name="secret",
                label="The API secret is right",
                run=self.secret,
                needs=before_secret,
                permissions=(SEND_PERMISSION,),
            ),
            Step(
                name="reports",
                label="Reports can be read",
                run=self.reported,
                needs=("access",),
                permissions=(READ_SCOPE,),
            ),
            Step(name="quota", label="There is quota left", run=self.quota, needs=("reports",)),
        )

    @cached_property
    def _reads(self) -> bool:
        return bool(self.access.kind)

    def collected(self) -> StepOutcome:
        """Has a harmless event checked by Google: nothing is counted."""
        objections = self.collection.check(harmless_payload(self.connection.now()))
        if objections:
            return failed(
                f"Google's checker objects to an ordinary event: {objections[0].message}",
                fix="Compare the measurement ID. If it is right, tell the person who runs this installation.",
                fix_url=ADMIN_URL,
            )
        sandbox = self.connection.environment is Environment.SANDBOX
        where = "The sandbox" if sandbox else urlsplit(self.connection.address(self.collection.host)).hostname
        account = None if self._reads else stream_account(self.connection.configuration)
        return passed(f"{where} takes events written as we write them.", account=account)

    def signed_in(self) -> StepOutcome:
        if not self._reads:
            return warning(
                "Nobody has let us in to read: we can send events, but neither confirm them nor make reports.",
                fix="To have both, press “Sign in with Google Analytics” or paste the key file of a service account.",
                fix_url=SERVICE_ACCOUNTS_URL,
                degrades=False,
            )
        self.access.token.current()
        if self.access.kind == "service_account":
            return passed(f"Signed in as {self.access.account.email}.")
        return passed("Signed in as the person who connected with Google.")

    def seen(self) -> StepOutcome:
        if not self._reads:
            return skipped(_NOT_LOOKED)
        listed = self.place.listed
        if not listed:
            return failed(
                "We are signed in, but may see no property at all.",
                fix="In Google Analytics, open “Property access management” and add the person or the service "
                "account as a “Viewer”.",
                fix_url=ADMIN_URL,
            )
        account = self.place.account()
        more = f" We can see {len(listed)} properties in all." if len(listed) > 1 else ""
        return passed(f"{account.name} in the account {self.place.property.account.name}.{more}", account=account)

    def streamed(self) -> StepOutcome:
        if not self._reads:
            return skipped(_NOT_LOOKED)
        return passed(f"{self.place.measurement_id} is the data stream {self.place.stream.label}.")

    def secret(self) -> StepOutcome:
        fits = self.place.secret_fits() if self._reads else None
        if fits:
            return passed("It is one of the secrets of this data stream.")
        if fits is False:
            refused = secret_refused()
            return failed(str(refused), fix=refused.fix, fix_url=refused.fix_url, error=refused)
        return warning(
            "Sent, not confirmed: Google takes events with any secret and drops them silently when it is wrong.",
            fix="Run “Send an event” and look for it in Google Analytics under “Realtime”. We can compare the secret "
            "ourselves when we may sign in with the role Editor.",
            fix_url=ADMIN_URL,
            degrades=False,
        )

    def reported(self) -> StepOutcome:
        if not self._reads:
            return skipped(_NOT_LOOKED)
        known = self.place.client.metadata(self.place.report_id)
        count, ways = len(objects(known.get("metrics"))), len(objects(known.get("dimensions")))
        return passed(f"Reports may use {count} metrics, split in {ways} ways.")

    def quota(self) -> StepOutcome:
        """Asks for the smallest of reports, which says what is left."""
        if not self._reads:
            return skipped(_NOT_LOOKED)
        day = (self.connection.now() - timedelta(days=1)).date().isoformat()
        body: dict[str, Any] = {
            "dateRanges": [{"startDate": day, "endDate": day}],
            "metrics": [{"name": "activeUsers"}],
            "limit": "1",
            "returnPropertyQuota": True,
        }
        answer = self.place.client.report(self.place.report_id, body)
        words, left = quota_words(answer), tokens_left(answer)
        if left is not None and left < _FEW_TOKENS:
            return warning(
                f"{words} That is not much.",
                fix="Ask for fewer days and dimensions, or wait for the next hour or day.",
                fix_url=QUOTA_URL,
            )
        return passed(words or "Google did not say how much is left.")
