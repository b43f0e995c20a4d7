"""/api/connect-links: asking clients to connect accounts."""

from __future__ import annotations

from webapp.api import connect_link_models as models
from webapp.api import requests
from webapp.api.errors import Unreadable, at_pointers
from webapp.api.operations import Answer, operation
from webapp.connect_links import queries, service
from webapp.connect_links.queries import LinkView
from webapp.core.errors import Invalid
from webapp.core.permissions import actor
from webapp.extensions import db

TAG = "Connect links"
BASE = "/api/connect-links"
_POINTERS = {"client_name": "/clientName", "provider_ids": "/providerIds"}


@operation(
    "GET",
    "",
    base=BASE,
    tag=TAG,
    action="links.manage",
    answers={200: (models.ConnectLinks, "The newest 200 links.")},
)
def list_connect_links() -> Answer:
    """List connect links

    Newest first, with where each stands. Their addresses can't be read again.
    """
    found = queries.links(db.session(), actor().workspace_id)
    return Answer(document=models.ConnectLinks(connect_links=[_link(one) for one in found]))


@operation(
    "POST",
    "",
    base=BASE,
    tag=TAG,
    action="links.manage",
    body=models.NewConnectLink,
    answers={201: (models.NewConnectLinkAnswer, "The link, with its address.")},
    problems={409: "The workspace has too many open links."},
)
def create_connect_link(body: models.NewConnectLink) -> Answer:
    """Ask a client to connect accounts

    Whoever opens `url` sees who asks for what, and connects it without an account here. The first browser that goes
    on has the link to itself.
    """
    session, who = db.session(), actor()
    try:
        link, token = service.create(
            session,
            workspace_id=who.workspace_id,
            created_by=who.user_id,
            client_name=body.client_name,
            provider_ids=body.provider_ids,
            environment=body.environment,
            message=body.message,
            days=body.days,
            email=body.email,
        )
    except Invalid as error:
        raise at_pointers(error, _POINTERS) from error
    service.mail_to_client(session, link, token)
    document = models.NewConnectLinkAnswer(
        connect_link=_link(queries.view(session, link)), url=service.address_of(token)
    )
    session.commit()
    return Answer(document=document, status=201)


@operation(
    "DELETE",
    "",
    base=BASE,
    tag=TAG,
    action="links.manage",
    query=models.ConnectLinkRemovalQuery,
    body=requests.Removal,
    body_needed=False,
    answers={200: (models.ConnectLinkAnswer, "It is taken back, or had ended before; `state` tells.")},
    problems={404: "This workspace has no such link."},
)
def revoke_connect_link(query: models.ConnectLinkRemovalQuery, body: requests.Removal | None) -> Answer:
    """Take a connect link back

    Name it by `?id=` or by a body `{"id": …}`. It stops working at once. What was connected by it stays; what was
    only begun is removed.
    """
    session = db.session()
    named = {one for one in (query.id, body.id if body else None) if one}
    if len(named) != 1:
        said = 'Name one link: ?id=… or a body {"id": …}.'
        raise Unreadable(said, problems=[{"parameter": "id", "detail": said}])
    link = service.link_of(session, workspace_id=actor().workspace_id, link_id=named.pop())
    service.revoke(session, link)
    document = models.ConnectLinkAnswer(connect_link=_link(queries.view(session, link)))
    session.commit()
    return Answer(document=document)


def _link(one: LinkView) -> models.ConnectLink:
    return models.ConnectLink.model_validate(one)
