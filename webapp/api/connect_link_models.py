"""What the calls about connect links take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from webapp.api.requests import PLAIN_TEXT, Id, Query, Request
from webapp.api.schemas import Document, EnvironmentName
from webapp.connect_links.service import LONGEST_MESSAGE, MOST_DAYS, MOST_PROVIDERS, USUAL_DAYS

LinkState = Literal["waiting", "opened", "partly", "done", "expired", "revoked"]


class NewConnectLink(Request):
    client_name: Annotated[str, Field(min_length=1, max_length=120, pattern=PLAIN_TEXT)] = Field(
        description="Whom it is for. They see it."
    )
    provider_ids: Annotated[
        list[Annotated[str, Field(max_length=60)]], Field(min_length=1, max_length=MOST_PROVIDERS)
    ]
    environment: EnvironmentName = Field("live", description="Which of the vendors' environments.")
    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)] = Field("", description="What it is for. They see it.")
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = Field(USUAL_DAYS, description="How long it works.")
    email: Annotated[str, Field(max_length=254)] = Field(
        "", description="Where to mail it, if this server can send mail. `mailedAt` tells whether it is on its way."
    )


class ConnectLinkRemovalQuery(Query):
    id: Id | None = Field(None, description='The link. Or send `{"id": …}` as the body.')


class ConnectLinkItem(Document):
    provider_id: str
    instance_id: str | None = Field(description="The connection, once it is made.")
    connected_at: datetime | None


class ConnectLink(Document):
    id: str
    client_name: str
    email: str
    message: str
    environment: EnvironmentName
    state: LinkState = Field(
        description="`waiting`: nobody has gone on from its first page. `opened`: a browser has. `partly`: some "
        "of it is connected. `done`, `expired` and `revoked` links can't be used."
    )
    items: list[ConnectLinkItem]
    created_at: datetime
    expires_at: datetime
    mailed_at: datetime | None
    opened_at: datetime | None


class ConnectLinks(Document):
    connect_links: list[ConnectLink]


class ConnectLinkAnswer(Document):
    connect_link: ConnectLink


class NewConnectLinkAnswer(ConnectLinkAnswer):
    url: str = Field(description="The address for the client. It is shown this once: only a digest of it is kept.")
