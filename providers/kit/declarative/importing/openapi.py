"""An OpenAPI 3 description. References inside the file are followed, those to elsewhere never are."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    Auth,
    BasicAuth,
    BearerAuth,
    Body,
    ClientCredentials,
    FormBody,
    JsonBody,
    MultipartBody,
    NoAuth,
    OAuthCode,
    Operation,
    Response,
    SampleAnswer,
)
from providers.kit.declarative.document_fields import InputField, Option
from providers.kit.declarative.importing.answers import response_of, sample_of
from providers.kit.declarative.importing.draft import (
    MAX_OPERATIONS,
    Draft,
    NotImportable,
    completed,
    pages_of,
    secret_field,
)
from providers.kit.declarative.importing.names import identifier, label_of, literal, name_of, unique
from providers.kit.declarative.importing.schemas import Schemas
from providers.kit.declarative.plain_text import DocumentError, load

MAX_BYTES = 8 * 1024 * 1024
MAX_INPUTS = 30
_METHODS = ("get", "post", "put", "patch", "delete", "head")
_PATH_NAME = re.compile(r"\{([^{}]{1,80})\}")


def from_openapi(text: str | bytes) -> Draft:
    """A draft of a description. Raises NotImportable."""
    try:
        data = load(text, most_bytes=MAX_BYTES, depth=120, nodes=800_000)
    except DocumentError as error:
        raise NotImportable(f"{error} {error.fix}".strip()) from None
    if not isinstance(data, dict) or not str(data.get("openapi", "")).startswith("3."):
        raise NotImportable("This is not an OpenAPI 3 description: it does not say “openapi: 3…”.")
    return _Reader(data).draft()


class _Reader:
    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data
        self._schemas = Schemas(data)
        self._missed: list[str] = []

    def draft(self) -> Draft:
        info = _object(self._data.get("info"))
        name = (_text(info.get("title")) or "Service")[:80]
        auth, fields, words = self._auth()
        base, more = self._base()
        operations = self._operations(auth)
        if not operations:
            raise NotImportable("The description has no operations.")
        host = urlsplit(self._default_base()).hostname or ""
        website = f"https://{host}" if host else ""
        document = completed(
            Document(
                id=identifier(name).replace("_", "-"),
                name=name,
                tagline=_first_sentence(_text(info.get("description"))),
                website=_https(_object(info.get("contact")).get("url")) or website,
                documentation=_https(_object(self._data.get("externalDocs")).get("url")),
                base_url=base,
                auth=auth,
                fields=(*more, *fields),
                operations=operations,
            )
        )
        understood = [f"{len(operations)} operations, below {base or 'an address that is missing'}.", words]
        if self._schemas.remote:
            self._missed.append("References to other files were not followed.")
        return Draft(document=document, understood=tuple(understood), not_understood=tuple(self._missed[:100]))

    def _base(self) -> tuple[str, tuple[InputField, ...]]:
        servers = [one for one in _list(self._data.get("servers")) if isinstance(one, dict)]
        if not servers:
            self._missed.append("The description does not say where the service is called.")
            return "", ()
        url, fields = _text(servers[0].get("url")).rstrip("/"), []
        for name, variable in _object(servers[0].get("variables")).items():
            variable = _object(variable)
            field_name = name_of(name)
            default = _text(variable.get("default"))
            choices = [str(one) for one in _list(variable.get("enum")) if isinstance(one, str)]
            fields.append(
                InputField(
                    name=field_name,
                    label=label_of(name),
                    kind="choice" if choices else "text",
                    default=default if choices else "",
                    example=default,
                    pattern="" if choices else r"[A-Za-z0-9.-]{1,100}",
                    pattern_hint="" if choices else "Letters, digits, dots and hyphens.",
                    options=tuple(Option(value=one, label=one) for one in choices),
                )
            )
            url = url.replace(f"{{{name}}}", f"{{{{ configuration.{field_name} }}}}")
        if not url.startswith("https://"):
            self._missed.append(f"The address “{url[:80]}” does not begin with https://.")
        return url, tuple(fields)

    def _default_base(self) -> str:
        """The first server's address with the defaults of its variables."""
        server = next((one for one in _list(self._data.get("servers")) if isinstance(one, dict)), {})
        url = _text(server.get("url"))
        for name, variable in _object(server.get("variables")).items():
            url = url.replace(f"{{{name}}}", _text(_object(variable).get("default")))
        return "" if "{" in url else url

    def _auth(self) -> tuple[Auth, tuple[InputField, ...], str]:
        schemes = _object(_object(self._data.get("components")).get("securitySchemes"))
        wanted = [name for one in _list(self._data.get("security")) if isinstance(one, dict) for name in one]
        ordered = [*(name for name in wanted if name in schemes), *schemes]
        for name in ordered:
            found = self._scheme(_object(self._schemas.resolved(schemes[name])))
            if found is not None:
                left = [one for one in schemes if one != name]
                if left:
                    self._missed.append(f"Other ways to sign in were left out: {', '.join(left)[:200]}.")
                return found
        if schemes:
            self._missed.append("None of its ways to sign in is known here.")
        return NoAuth(), (), "It does not say how to sign in."

    def _scheme(self, scheme: dict[str, Any]) -> tuple[Auth, tuple[InputField, ...], str] | None:
        kind, name = _text(scheme.get("type")), _text(scheme.get("scheme")).lower()
        if kind == "http" and name == "bearer":
            auth: Auth = BearerAuth(token="{{ configuration.api_token }}")
            return auth, (secret_field("api_token", "API token"),), "It signs in with a token."
        if kind == "http" and name == "basic":
            user = InputField(name="username", label="User name", example="hub")
            auth = BasicAuth(username="{{ configuration.username }}", password="{{ configuration.password }}")
            return auth, (user, secret_field("password", "Password")), "It signs in with user name and password."
        if kind == "apiKey" and scheme.get("in") in ("header", "query"):
            place: Any = scheme["in"]
            auth = ApiKeyAuth(place=place, name=_text(scheme.get("name")), value="{{ configuration.api_key }}")
            return auth, (secret_field("api_key", "API key"),), f"It signs in with a key in the {place}."
        flows = _object(scheme.get("flows"))
        code, client = _object(flows.get("authorizationCode")), _object(flows.get("clientCredentials"))
        if code:
            auth = OAuthCode(
                authorize_url=_text(code.get("authorizationUrl")),
                token_url=_text(code.get("tokenUrl")),
                scopes=tuple(str(one)[:400] for one in _object(code.get("scopes")))[:60],
            )
            return auth, (), "People sign in at the service (OAuth 2)."
        if client:
            auth = ClientCredentials(
                token_url=_text(client.get("tokenUrl")),
                client_id="{{ configuration.client_id }}",
                client_secret="{{ configuration.client_secret }}",
                scopes=tuple(str(one)[:400] for one in _object(client.get("scopes")))[:60],
            )
            client_id = InputField(name="client_id", label="Client id", example="sandbox-client")
            return auth, (client_id, secret_field("client_secret", "Client secret")), "It signs in with a client id."
        return None

    def _operations(self, auth: Auth) -> tuple[Operation, ...]:
        found: list[Operation] = []
        skipped = 0
        for path, item in _object(self._data.get("paths")).items():
            item = _object(self._schemas.resolved(item))
            shared = _list(item.get("parameters"))
            for method in _METHODS:
                if isinstance(item.get(method), dict):
                    if len(found) >= MAX_OPERATIONS:
                        skipped += 1
                        continue
                    made = self._operation(str(path), method, item[method], shared, auth)
                    found.append(replace(made, id=unique(made.id, {one.id for one in found})))
        if skipped:
            self._missed.append(f"{skipped} operations were left out: a document holds up to {MAX_OPERATIONS}.")
        return tuple(found)

    def _operation(self, path: str, method: str, data: dict[str, Any], shared: list[Any], auth: Auth) -> Operation:
        title = _text(data.get("summary")) or label_of(_text(data.get("operationId")) or f"{method} {path}")
        inputs: list[InputField] = []
        places: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
        parameters = [_object(self._schemas.resolved(one)) for one in [*shared, *_list(data.get("parameters"))]]
        query = [_text(one.get("name")) for one in parameters if one.get("in") == "query"]
        pages = pages_of(query) if method == "get" else None
        left_out = {getattr(pages, "parameter", ""), getattr(pages, "size_parameter", "")}
        left_out |= {auth.name} if isinstance(auth, ApiKeyAuth) else set()
        for one in parameters:
            name, place = _text(one.get("name")), _text(one.get("in"))
            if place not in places or not name or name in left_out or name in places[place]:
                continue
            if place == "header" and name.lower() in ("accept", "authorization", "content-type", "host"):
                continue
            if len(inputs) >= MAX_INPUTS and not one.get("required"):
                continue
            field = self._input(name, one.get("schema"), bool(one.get("required")) or place == "path", inputs)
            inputs.append(replace(field, help=_first_sentence(_text(one.get("description")))))
            places[place][name] = f"{{{{ input.{field.name} }}}}"
        body = self._body(_object(self._schemas.resolved(data.get("requestBody"))), inputs)
        filled = _PATH_NAME.sub(lambda one: places["path"].get(one[1], one[1]), path.partition("?")[0])
        response, samples = self._response(_object(data.get("responses")))
        verb: Any = method.upper()
        return Operation(
            id=identifier(_text(data.get("operationId")) or f"{method} {path}"),
            label=title[:200],
            help=_first_sentence(_text(data.get("description"))),
            effect="read" if method in ("get", "head") else "write",
            method=verb,
            path=filled,
            inputs=tuple(inputs),
            query=places["query"],
            headers=places["header"],
            body=body if method not in ("get", "head") else None,
            response=response,
            pagination=pages,
            samples=samples,
        )

    def _input(self, name: str, schema: Any, required: bool, others: list[InputField]) -> InputField:
        known = self._schemas.merged(schema)
        kinds = {"integer": "number", "number": "number", "boolean": "switch", "object": "json", "array": "json"}
        kind: Any = kinds.get(_text(known.get("type")), "text")
        example = self._schemas.example(known)
        options = [str(one)[:400] for one in _list(known.get("enum")) if isinstance(one, str) and one][:100]
        return InputField(
            name=unique(name_of(name), {one.name for one in others}),
            label=label_of(name),
            kind="choice" if options else kind,
            required=required,
            example="" if options or kind == "switch" else _example_text(example, kind),
            default="" if not options or not required else options[0],
            options=tuple(Option(value=one, label=label_of(one)) for one in dict.fromkeys(options)),
        )

    def _body(self, data: dict[str, Any], inputs: list[InputField]) -> Body | None:
        content = _object(data.get("content"))
        for kind, media in content.items():
            known = self._schemas.merged(_object(media).get("schema"))
            required = {str(one) for one in _list(known.get("required"))}
            templates: dict[str, Any] = {}
            members = _object(known.get("properties"))
            ordered = sorted(members, key=lambda name: name not in required)
            for name in ordered[:MAX_INPUTS]:
                if self._schemas.merged(members[name]).get("readOnly"):
                    continue
                field = self._input(name, members[name], name in required and bool(data.get("required")), inputs)
                inputs.append(field)
                templates[name] = f"{{{{ input.{field.name} }}}}"
            if len(ordered) > MAX_INPUTS:
                self._missed.append(f"A body has {len(ordered)} members; {MAX_INPUTS} were taken.")
            if "json" in kind:
                if not members:
                    return JsonBody(content=_literals(self._schemas.example(known)))
                return JsonBody(content=templates)
            if kind == "application/x-www-form-urlencoded":
                return FormBody(fields=templates)
            if kind == "multipart/form-data":
                return MultipartBody(fields=templates)
            self._missed.append(f"A body of the kind {kind[:60]} was left out.")
        return None

    def _response(self, responses: dict[str, Any]) -> tuple[Response, tuple[SampleAnswer, ...]]:
        good = sorted(one for one in responses if str(one).startswith("2"))
        if not good:
            return Response(), ()
        status = int(good[0]) if str(good[0]).isdecimal() else 200
        answer = _object(self._schemas.resolved(responses[good[0]]))
        for kind, media in _object(answer.get("content")).items():
            if "json" not in kind:
                continue
            data = self._schemas.example_of_media(_object(media))
            if data is None:
                continue

            text = json.dumps(data, ensure_ascii=False, default=str)
            response = response_of(text, "application/json")
            return response, (sample_of(status, text, response),)
        kinds = list(_object(answer.get("content")))
        if not kinds:
            return Response(kind="text"), (SampleAnswer(status=status),) if status == 204 else ()
        found: Any = (
            "xml" if "xml" in kinds[0] else "csv" if "csv" in kinds[0] else "json" if "json" in kinds[0] else "text"
        )
        return Response(kind=found), ()


def _example_text(value: Any, kind: str) -> str:

    if kind == "json":
        text = json.dumps(value, default=str)
        return text if value is not None and len(text) <= 400 else "{}"
    if kind == "number":
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else "1"
    return value[:200] if isinstance(value, str) and value and value.isprintable() else "example"


def _literals(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, dict):
        return {name: _literals(inner) for name, inner in value.items()}
    return [_literals(inner) for inner in value] if isinstance(value, list) else value


def _first_sentence(text: str) -> str:
    plain = " ".join(re.sub(r"<[^<>]{0,200}>", " ", text[:4_000]).split())
    return re.split(r"(?<=[.!?])\s", plain, maxsplit=1)[0][:300]


def _https(value: Any) -> str:
    return value[:400] if isinstance(value, str) and value.startswith("https://") else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
