"""What people read when signing in elsewhere did not lead in: what happened, and the next step. As data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`{name}` is the vendor's. `action` is one of ACTIONS."""

    status: int
    icon: str
    title: str
    text: str
    next_step: str
    actions: tuple[str, ...]


ACTIONS = ("again", "password", "settings")

OUTCOMES: dict[str, Outcome] = {
    "cancelled": Outcome(
        status=200,
        icon="arrow-back-up",
        title="You stopped at {name}",
        text="Nothing was changed, and {name} told us nothing about you.",
        next_step="Try again, or use another way in.",
        actions=("again", "password"),
    ),
    "refused": Outcome(
        status=403,
        icon="lock",
        title="{name} did not confirm who you are",
        text="We asked {name} who you are and got no answer that we can rely on. Nothing was changed.",
        next_step="Try again. If it happens again, tell whoever runs this server: the log says what was wrong. Often "
        "the client id, its secret or the redirect address at {name} differ from the ones set here.",
        actions=("again", "password"),
    ),
    "away": Outcome(
        status=503,
        icon="cloud-off",
        title="{name} could not be reached",
        text="{name} does not answer us at the moment. Nothing was changed.",
        next_step="Try again in a few minutes, or use another way in.",
        actions=("again", "password"),
    ),
    "late": Outcome(
        status=200,
        icon="clock",
        title="That took longer than ten minutes",
        text="For your safety a sign-in that lies around for so long is not taken any more. Nothing was changed.",
        next_step="Try again.",
        actions=("again", "password"),
    ),
    "closed": Outcome(
        status=403,
        icon="lock",
        title="Nobody new can join here",
        text="No account here belongs to this {name} account, and new accounts are closed on this server.",
        next_step="If you have an account here, sign in as usual and link {name} under Settings, “Sign-in”. "
        "If not, ask the person who runs this server.",
        actions=("password",),
    ),
    "uninvited": Outcome(
        status=403,
        icon="mail",
        title="You need an invitation",
        text="No account here belongs to this {name} account, and people join here by invitation.",
        next_step="If you have an account here, sign in as usual and link {name} under Settings, “Sign-in”. "
        "If not, ask someone in your agency for an invitation link: you can join with {name} from there.",
        actions=("password",),
    ),
    "invitation_over": Outcome(
        status=403,
        icon="mail",
        title="This invitation can’t be used any more",
        text="It was used already, taken back, or is older than a week. No account was made.",
        next_step="Ask whoever invited you for a new link.",
        actions=("password",),
    ),
    "disabled": Outcome(
        status=403,
        icon="lock",
        title="This account is switched off",
        text="Your account here was switched off by whoever runs this server.",
        next_step="Ask them about it.",
        actions=(),
    ),
    "taken": Outcome(
        status=409,
        icon="users",
        title="This {name} account belongs to someone else here",
        text="It already signs another person in on this server, and it can sign in only one. Nothing was changed.",
        next_step="Sign out at {name} and use another account there. If both accounts here are yours, sign in to the "
        "other one and unlink {name} there first.",
        actions=("settings",),
    ),
    "other_person": Outcome(
        status=403,
        icon="lock",
        title="That was another account",
        text="The {name} account that you used is not linked to your account here, so it does not prove who you are.",
        next_step="Try again with the one that is linked.",
        actions=("settings",),
    ),
}
