"""An OpenID Connect issuer on this machine that keeps to the protocol until a test makes it lie."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

CLIENT_ID, CLIENT_SECRET = "hub-client-0001", "hub-secret-00000000000001"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
NEW_KEY = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})


@dataclass(kw_only=True)
class Issuer:
    """`claims` and `header` go over what an honest ID token says; None leaves a claim out."""

    server: HTTPServer
    sub: str = "person-1"
    person: dict[str, Any] = field(
        default_factory=lambda: {"name": "Grace Hopper", "email": "grace@example.com", "email_verified": True}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: KEY)
    listed: list[Any] = field(default_factory=lambda: [KEY])
    says_issuer: bool = True
    token_status: int = 200
    raw_id_token: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: int = 0

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    def serve(self) -> Issuer:
        on = self.server.expect_request
        on("/.well-known/openid-configuration").respond_with_handler(self._describe)
        on("/jwks").respond_with_handler(self._keys)
        on("/token", method="POST").respond_with_handler(self._token)
        return self

    def consent(self, query: dict[str, str]) -> str:
        """Somebody agrees: the code that the browser is sent back with."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = query
        return code

    def id_token(self, query: dict[str, str]) -> str:
        if self.raw_id_token is not None:
            return self.raw_id_token
        moment = int(time.time())
        said = {"iss": self.url, "sub": self.sub, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300}
        said |= {"nonce": query.get("nonce", ""), **self.person, **self.claims}
        said = {name: value for name, value in said.items() if value is not None}
        header = {"alg": "ES256" if isinstance(self.key, ECKey) else "RS256", "kid": self.key.kid, **self.header}
        if header["alg"] == "none":
            parts = (json.dumps(one).encode() for one in (header, said))
            return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."
        return jwt.encode(header, said, self.key, algorithms=[header["alg"]])

    def _describe(self, request: Request) -> Response:
        return _json(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "authorization_response_iss_parameter_supported": self.says_issuer,
            }
        )

    def _keys(self, request: Request) -> Response:
        return _json({"keys": [one.as_dict(private=False) for one in self.listed]})

    def _token(self, request: Request) -> Response:
        self.exchanges += 1
        form = {name: values[-1] for name, values in parse_qs(request.get_data(as_text=True)).items()}
        query = self.codes.pop(form.get("code", ""), None)
        if self.token_status != 200:
            return _json({"error": "server_error"}, self.token_status)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return _json({"error": "invalid_client"}, 401)
        fits = query is not None and query["redirect_uri"] == form.get("redirect_uri")
        if query is None or not fits:
            return _json({"error": "invalid_grant"}, 400)
        if create_s256_code_challenge(form.get("code_verifier", "")) != query.get("code_challenge"):
            return _json({"error": "invalid_grant", "error_description": "PKCE"}, 400)
        token = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 60}
        return _json(token | {"id_token": self.id_token(query)})


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")
