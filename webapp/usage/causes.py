"""The catalogue of what can go wrong, in words for the people who have to do something about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Words:
    """One kind of failure. `happened` is one sentence; `means` says what it does to the work; `fix` what to do next;
    `who` can do it. `by_operation`: each operation has to be mended for itself, so each is a cause of its own.
    """

    title: str
    happened: str
    means: str
    fix: str
    who: str
    by_operation: bool = False


CATALOGUE: dict[str, Words] = {
    "authentication": Words(
        title="The key was refused",
        happened="The service did not accept the key of this connection.",
        means="Nothing works over this connection until the key is replaced. Deliveries that still arrive are kept.",
        fix="Create a new key in the service's console and replace it in this connection, then run the test.",
        who="A manager or owner, with access to the service's console",
    ),
    "permission": Words(
        title="A permission is missing",
        happened="The key is good, but the service does not let it do this.",
        means="What needs this permission fails; everything else goes on working.",
        fix="Give the key the missing permission in the service's console, then run the test again.",
        who="Whoever administers the account at the service",
        by_operation=True,
    ),
    "configuration": Words(
        title="A setting cannot be right",
        happened="A value in this connection's settings cannot be right.",
        means="What uses this setting fails until it is changed.",
        fix="Open the connection's settings, change the value, and run the test.",
        who="A member or above",
        by_operation=True,
    ),
    "invalid_request": Words(
        title="The service said no to what was sent",
        happened="The service understood us and refused these values.",
        means="This one thing was not done. Sending the same again will fail again.",
        fix="Look at what was sent, correct it, and send it again.",
        who="Whoever started it",
        by_operation=True,
    ),
    "not_found": Words(
        title="It is no longer there",
        happened="The service has nothing under the id we asked for.",
        means="It was probably removed or renamed at the service.",
        fix="Look in the service's console whether it still exists, and choose another in the connection if not.",
        who="A member or above",
        by_operation=True,
    ),
    "rate_limit": Words(
        title="Too many calls in a short time",
        happened="The service asked us to slow down.",
        means="Calls wait and are tried again by themselves. Some things take longer.",
        fix="Usually nothing: it passes. If it stays, spread the work or ask the service for a higher limit.",
        who="A member or above",
    ),
    "quota": Words(
        title="The plan's allowance is used up",
        happened="The account has used all that its plan includes.",
        means="Nothing more of this kind is possible until the allowance is renewed or the plan changed.",
        fix="Wait for the date the allowance is renewed, or choose a larger plan in the service's console.",
        who="Whoever pays for the account at the service",
    ),
    "unavailable": Words(
        title="The service did not answer",
        happened="The service could not be reached or said that it is down.",
        means="Nothing was changed there. What can wait is tried again by itself.",
        fix="Look at the service's status page. If it says all is well, check this server's internet access.",
        who="Nobody, if the service is down; else whoever runs this server",
    ),
    "unexpected": Words(
        title="An answer nobody expected",
        happened="The service answered in a way its documentation does not describe.",
        means="We did not act on it, to be on the safe side.",
        fix="Try again in a few minutes. If it lasts, send the time and the connection's name to your admin.",
        who="Whoever runs this server",
        by_operation=True,
    ),
    "outcome_unknown": Words(
        title="It may or may not have been done",
        happened="We asked the service to do something and got no answer.",
        means="It may have been done. We do not ask a second time by ourselves, so that nothing happens twice.",
        fix="Look in the service's console whether it was done, and repeat it only if not.",
        who="Whoever started it",
        by_operation=True,
    ),
    "unsupported": Words(
        title="The service can't do this",
        happened="The service has no such function, or not in this plan.",
        means="Nothing was changed.",
        fix="Do it another way: the message says why, and the provider's page lists what it can do.",
        who="Whoever started it",
        by_operation=True,
    ),
    "policy": Words(
        title="This server does not call that address",
        happened="The address is private or not allowed, so the call was not made.",
        means="Nothing was sent.",
        fix="Change the address in the connection, or ask whoever runs this server to allow it (EGRESS_ALLOW).",
        who="A member or above; for the exception, whoever runs this server",
    ),
    "signature": Words(
        title="A delivery could not be proven genuine",
        happened="A delivery's signature does not fit this connection's signing secret.",
        means="It was refused, and the service will send it again. Nothing was processed.",
        fix="Copy the signing secret from the service's webhook page into this connection.",
        who="A manager or owner",
    ),
    "processing": Words(
        title="A delivery could not be processed",
        happened="A delivery arrived and is kept, but could not be processed.",
        means="It is tried again by itself for most of a day, then waits for you in the inbox.",
        fix="Open the inbox, read what went wrong, and replay the delivery when the cause is gone.",
        who="A member or above",
    ),
}

_OTHER = CATALOGUE["unexpected"]


def words_for(category: str) -> Words:
    """The words for a category; those of "unexpected" for one that nobody has written about."""
    return CATALOGUE.get(category, _OTHER)


def cause_of(category: str, operation: str) -> str:
    """What a failure of a call is grouped by besides its category: the operation, where each is mended for itself."""
    return operation if words_for(category).by_operation else ""
