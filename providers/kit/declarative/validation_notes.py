"""Where the rules of the validation engine write down what they find, and what several of them ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.kit.declarative.document import Document
from providers.kit.declarative.expressions import TemplateError, parse, templates_in
from providers.kit.declarative.findings import Finding, Severity, pointer_of
from providers.kit.declarative.selecting import SelectionError, compiled
from providers.kit.errors import RefusedByPolicy
from providers.kit.policy import DoorPolicy, check_url
from providers.kit.redaction import redact

_PUBLIC = DoorPolicy(https_only=True)


class Notes:
    """The findings about one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Finding] = []

    def error(self, rule: str, message: str, *where: str | int, fix: str = "") -> None:
        self._add(Severity.ERROR, rule, message, where, fix)

    def warning(self, rule: str, message: str, *where: str | int, fix: str = "") -> None:
        self._add(Severity.WARNING, rule, message, where, fix)

    def advice(self, rule: str, message: str, *where: str | int, fix: str = "") -> None:
        self._add(Severity.ADVICE, rule, message, where, fix)

    def path(self, expression: str, *where: str | int) -> bool:
        """Whether a JMESPath can be read; "" can."""
        try:
            if expression:
                compiled(expression)
        except SelectionError as error:
            self.error("path", str(error), *where, fix="Pick the value from a sample answer.")
            return False
        return True

    def templates(self, value: Any, allowed: Mapping[str, Iterable[str] | None], *where: str | int) -> set[str]:
        """Reads every template of a value. `allowed` has the names of each root (None: any). Gives fields used."""
        used: set[str] = set()
        for text in templates_in(value):
            if redact(text) != text and "{{" not in text:
                self.error(
                    "secret-in-document",
                    "This looks like a key. Documents are shared and must not hold any.",
                    *where,
                    fix="Make a field of the kind “secret”, and use it here.",
                )
            try:
                references = list(parse(text).references())
            except TemplateError as error:
                self.error("template", str(error), *where, fix="Choose a field from the list.")
                continue
            for reference in references:
                root, *rest = reference.path
                names = allowed.get(root, ())
                if names is not None and (root not in allowed or (rest and rest[0] not in set(names))):
                    self.error(
                        "reference",
                        f"“{'.'.join(reference.path)[:60]}” is not there.",
                        *where,
                        fix="Choose a field that is there, or add one with this name.",
                    )
                elif root == "configuration" and rest:
                    used.add(rest[0])
        return used

    def address(self, url: str, *where: str | int, needed: bool = True) -> None:
        """Holds an address to what may ever be reached: public, https."""
        if not url:
            if needed:
                self.error("address", "The address is missing.", *where, fix="Enter an address with https://.")
            return
        try:
            target = check_url(url, _PUBLIC)
        except RefusedByPolicy as error:
            message = str(error).removesuffix(" Nothing was sent.")
            self.error("address", message, *where, fix=error.fix)
            return
        if target.scheme != "https":
            self.error("address", "Only addresses that begin with https:// can be called.", *where)

    @property
    def roots(self) -> dict[str, Iterable[str] | None]:
        """What templates may refer to anywhere."""
        return {"configuration": [one.name for one in self.document.fields], "now": ()}

    def _add(self, severity: Severity, rule: str, message: str, where: tuple[str | int, ...], fix: str) -> None:
        parts = [one for one in where if one != ""]
        self.found.append(Finding(rule=rule, severity=severity, message=message, pointer=pointer_of(*parts), fix=fix))


def doubles(values: Iterable[str]) -> list[tuple[int, str]]:
    """Index and value of what stood earlier already."""
    seen: set[str] = set()
    found = []
    for index, one in enumerate(values):
        if one in seen:
            found.append((index, one))
        seen.add(one)
    return found
