"""Authlib's OAuth 2 client with its credentials in the form that requests takes."""

from __future__ import annotations

from authlib.integrations.requests_client import OAuth2Auth
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

__all__ = ["OAuth2Error", "ProtocolClient"]


class ProtocolClient(OAuth2Client):
    """Speaks the protocol over a requests session that the caller brings."""

    client_auth_class = OAuth2ClientAuth
    token_auth_class = OAuth2Auth
