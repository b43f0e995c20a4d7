"""Provider, manifest, client and checks of a document, as Python."""

from __future__ import annotations

from typing import Any

from providers.kit.declarative.document import Document
from providers.kit.declarative.document_calls import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    ClientCredentials,
    OAuthCode,
    SignedRequests,
)
from providers.kit.declarative.expressions import parse
from providers.kit.declarative.generating.operations import refusal_body
from providers.kit.declarative.generating.source import (
    Code,
    Group,
    Node,
    Text,
    assignment,
    call,
    class_name,
    docstring,
    instance,
    quoted,
    statement,
    value,
)
from providers.kit.declarative.generating.templates import Names
from providers.kit.declarative.manifest import manifest_of

_SELF = {"configuration": "self.configuration", "now": "self.connection.now()"}


def manifest_body(document: Document) -> str:
    made = manifest_of(document)
    fields = assignment("FIELDS: tuple[InputField, ...]", document.fields)
    manifest = instance(made, id=Code("provider_id(__name__)"))
    words = '"""What the connection asks for, with the rules that values keep."""'
    return f"{fields}\n{words}\n\n{statement('MANIFEST = ', manifest)}\n"


def provider_body(document: Document) -> str:
    lines = [
        f"class {class_name(document.id)}(Provider):",
        f"    {docstring(document.tagline or document.name, 1)}",
        "",
        "    manifest = MANIFEST",
        "",
        "    @cached_property",
        "    def client(self) -> Client:",
        "        return Client(self.connection)",
        "",
        "    def run_operation(self, operation_id: str, inputs: Mapping[str, Any], *, since: str = "
        '"") -> OperationResult:',
        '        """Runs one operation. `since` is what the last incremental run gave. Raises ProviderError."""',
    ]
    unknown = call(
        "InvalidRequest",
        Code('f"There is no operation “{operation_id[:60]}”."'),
        field="operation",
        fix="Choose one that is listed.",
    )
    if document.operations:
        lines += [
            "        if operation_id not in OPERATIONS:",
            statement("raise ", unknown, 3),
            "        check_configuration(FIELDS, self.client.configuration)",
            "        return OPERATIONS[operation_id](self.client, inputs, since)",
        ]
    else:
        lines.append(statement("raise ", unknown, 2))
    if document.identify.operation:
        one = document.identify
        account = call(
            "account_in",
            Code("result.data"),
            one.account_id,
            one.account_name,
            document.name,
            Code("(self.manifest.id, *self.client.secrets)"),
        )
        lines += [
            "",
            "    def identify(self) -> Account:",
            f"        result = self.run_operation({quoted(one.operation)}, {{}})",
            statement("return ", account, 2),
        ]
    lines += [
        "",
        "    def steps(self, test_id: str, inputs: Mapping[str, Any]) -> Sequence[Step]:",
        "        return steps_of(self, test_id)",
    ]
    if document.webhook is not None:
        lines += ["", "    verify = staticmethod(verify)", "    read = staticmethod(read)"]
        lines.append("    describe = staticmethod(describe)")
        if any(isinstance(one.sample, dict | list) for one in document.webhook.events):
            lines.append("    sample_delivery = staticmethod(sample)")
    return "\n".join(lines)


def client_body(document: Document) -> str:
    names = sorted(document.secret_names)
    secrets = call("frozenset", Group("{", tuple(("", Text(one)) for one in names), "}")) if names else Code("")
    lines = [
        "class Client(ServiceClient):",
        f"    {docstring(f'One account at {document.name}.', 1)}",
    ]
    if names:
        lines += ["", statement("secret_names = ", secrets, 1)]
    lines += ["", "    def base(self) -> str:", *_base(document)]
    proof = _proof(document)
    if proof:
        lines += [
            "",
            "    def credentials(self, request: Prepared) -> Prepared:",
            "        headers, query = proof(request_parts(request), self.configuration, self.connection.now())",
            "        return carrying(request, headers, query)",
        ]
    lines += _token(document)
    words = f"What {document.name}'s refusals mean; None for a good answer."
    unknown = call("error_for_status", Code("answer"), document.name)
    otherwise = "    if answer.ok:\n        return None\n" + statement("return ", unknown, 1)
    refusal = refusal_body("refusal", document.errors, document.name, otherwise, words)
    return "\n\n\n".join(one for one in ("\n".join(lines), proof, refusal) if one)


def _base(document: Document) -> list[str]:
    text = document.base_url
    if not text:
        return ["        return complete_address(" + quoted(document.website) + ")"]
    whole = not isinstance(parse(text).parts[0], str)
    made = Names(_SELF).text(text, each="text_of" if whole else "host_part")
    return [statement("return ", call("complete_address", made), 2)]


def _proof(document: Document) -> str:
    """The function that proves who we are; "" where calls prove nothing, or carry a token."""
    auth = document.auth
    names = Names({"configuration": "configuration", "now": "now", "request": "request"})
    headers: list[tuple[str, Node]] = []
    query: list[tuple[str, Node]] = []
    before: list[str] = []
    if isinstance(auth, ApiKeyAuth):
        (headers if auth.place == "header" else query).append((f"{quoted(auth.name)}: ", names.text(auth.value)))
    elif isinstance(auth, BearerAuth):
        token = names.text(auth.token)
        made = call("joined", f"{auth.scheme} ", token) if auth.scheme else token
        headers.append(('"Authorization": ', Code(f"{_flat(made)}.strip()")))
    elif isinstance(auth, BasicAuth):
        pair = call("joined", names.text(auth.username), ":", names.text(auth.password))
        before.append(statement("pair = ", pair, 1))
        headers.append(('"Authorization": ', Code('"Basic " + base64.b64encode(pair.encode()).decode()')))
    elif isinstance(auth, SignedRequests):
        before.append(statement("signed = ", names.text(auth.signed), 1))
        before.append(statement("secret = ", names.text(auth.secret), 1))
        headers += [(f"{quoted(name)}: ", names.text(one)) for name, one in auth.headers.items()]
        mac = call("mac_of", Code("signed"), Code("secret"), auth.digest, auth.encoding)
        headers.append((f"{quoted(auth.header)}: ", call("joined", auth.prefix, mac) if auth.prefix else mac))
    else:
        return ""
    both = Group("(", (("", Group("{", tuple(headers), "}")), ("", Group("{", tuple(query), "}"))), ")")
    lines = [
        "def proof(",
        "    request: Mapping[str, Any], configuration: Mapping[str, Any], now: datetime",
        ") -> tuple[dict[str, str], dict[str, str]]:",
        '    """Headers and query that prove who we are. `request` has method, path, query, url and body."""',
        *before,
        statement("headers: dict[str, str] = ", both.items[0][1], 1),
        statement("query: dict[str, str] = ", both.items[1][1], 1),
        "    return headers, query",
    ]
    return "\n".join(lines)


def _flat(node: Any) -> str:
    return statement("", node)


def _token(document: Document) -> list[str]:
    auth = document.auth
    if isinstance(auth, OAuthCode):
        return [
            "",
            "    def kept_token(self) -> KeptToken | None:",
            "        settings = MANIFEST.oauth",
            "        return signed_in_token(self.connection, settings) if settings else None",
        ]
    if isinstance(auth, ClientCredentials):
        names = Names(_SELF)
        made = call(
            "client_token",
            Code("self.connection"),
            auth.token_url,
            client_id=names.text(auth.client_id),
            client_secret=names.text(auth.client_secret),
            scopes=auth.scopes,
            in_form=auth.client_authentication == "client_secret_post",
        )
        return ["", "    def kept_token(self) -> KeptToken | None:", statement("return ", made, 2)]
    return []


def checks_body(document: Document) -> str:
    lines = [
        "def steps_of(provider: Any, test_id: str) -> Sequence[Step]:",
        '    """Raises KeyError for a test that there is not."""',
        '    name = test_id.removeprefix(f"{provider.manifest.id}-")',
        '    if name == "connection":',
        "        lines: list[Step] = []",
    ]
    if document.identify.operation:
        lines.append(statement("lines += ", call("account_steps", document.name, Code("provider.identify")), 2))
    if document.webhook is not None:
        lines.append(statement("lines += ", call("webhook_steps", document.name, Code("provider.connection")), 2))
    lines.append("        return lines")
    labels = {one.id: one.label or one.id for one in document.operations}
    for one in document.tests:
        run = call("provider.run_operation", one.operation, value(dict(one.inputs)))
        made = call("expected_steps", labels.get(one.operation, one.id), Code("run"), value(one.expect))
        lines += [
            f"    if name == {quoted(one.id)}:",
            "",
            "        def run() -> OperationResult:",
        ]
        lines += [statement("result: OperationResult = ", run, 3), "            return result", ""]
        lines.append(statement("return ", made, 2))
    lines.append("    raise KeyError(test_id)")
    return "\n".join(lines)
