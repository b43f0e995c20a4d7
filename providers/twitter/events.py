"""The events we ask X for, by the names of its Activity API (https://docs.x.com/x-api/activity/introduction).

The older Account Activity API is being withdrawn; what it sends is read all the same (`legacy.py`).
"""

from __future__ import annotations

from providers.kit.contract import WebhookEventType

REVOKED = "oauth.revoke"
"""Comes by itself to every webhook of the app: there is nothing to subscribe to."""

EVENT_TYPES = (
    WebhookEventType(type="post.create", label="A post was published"),
    WebhookEventType(type="post.delete", label="A post was deleted"),
    WebhookEventType(type="post.mention.create", label="Somebody mentioned the account"),
    WebhookEventType(type="post.reply.create", label="Somebody replied to a post"),
    WebhookEventType(type="post.quote.create", label="Somebody quoted a post"),
    WebhookEventType(type="post.repost.create", label="Somebody reposted a post", default=False),
    WebhookEventType(type="like.create", label="A post was liked", default=False),
    WebhookEventType(type="follow.follow", label="Somebody follows the account", default=False),
    WebhookEventType(type="follow.unfollow", label="Somebody no longer follows the account", default=False),
    WebhookEventType(type="dm.received", label="A direct message came in", default=False),
    WebhookEventType(type="dm.sent", label="A direct message was sent", default=False),
    WebhookEventType(type="profile.update.bio", label="The description of the profile changed", default=False),
    WebhookEventType(type="profile.update.screenname", label="The shown name changed", default=False),
    WebhookEventType(type="profile.update.handle", label="The @name changed", default=False),
    WebhookEventType(type="profile.update.profile_picture", label="The profile picture changed", default=False),
    WebhookEventType(type=REVOKED, label="The account took our permission back"),
)
