"""One sample answer: what it has becomes outputs; the address and the sign-in are still to be filled in."""

from __future__ import annotations

from providers.kit.declarative.document import Document, Identify
from providers.kit.declarative.document_calls import ApiKeyAuth, Operation
from providers.kit.declarative.importing.answers import response_of, sample_of
from providers.kit.declarative.importing.draft import Draft, NotImportable, secret_field

MAX_BYTES = 1024 * 1024


def from_sample(text: str, *, content_type: str = "") -> Draft:
    """A draft with one operation that answers like this. Raises NotImportable."""
    if not text.strip():
        raise NotImportable("There is nothing in it.")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise NotImportable("The sample is larger than 1 MiB.")
    response = response_of(text, content_type)
    operation = Operation(
        id="read",
        label="Read",
        path="/",
        response=response,
        samples=(sample_of(200, text, response),),
    )
    document = Document(
        auth=ApiKeyAuth(value="{{ configuration.api_key }}"),
        fields=(secret_field("api_key", "API key"),),
        operations=(operation,),
        identify=Identify(operation="read"),
    )
    understood = [f"The answer is {response.kind.upper()}."]
    if response.select:
        understood.append(f"Its list is at “{response.select}”.")
    understood += [f"“{name}” is at “{path}”." for name, path in response.outputs.items()]
    missed = ("Where the service is called, and how it signs in, does not stand in an answer.",)
    return Draft(document=document, understood=tuple(understood), not_understood=missed)
