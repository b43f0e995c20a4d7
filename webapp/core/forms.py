"""Forms: WTForms with the product's errors shown beside the field they are about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request
from wtforms import Form
from wtforms.fields.choices import SelectChoice

from webapp.core.errors import Invalid


def options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """Choices of a field from (value, label) pairs."""
    return [SelectChoice(value, label) for value, label in pairs]


class ProductForm(Form):
    """CSRF is guarded once for every unsafe request, not per form."""

    @classmethod
    def submitted(cls, **kwargs: Any) -> Any:
        return cls(request.form, **kwargs)

    form_errors: list[str]

    def show(self, error: Invalid) -> None:
        """Puts what a service refused beside its field, or above the form when it has no such field."""
        placed = False
        for name, text in error.fields.items():
            if name in self._fields:
                field = self._fields[name]
                field.errors = [*field.errors, text]
                placed = True
        if not placed:
            self.form_errors = [*self.form_errors, f"{error} {error.fix}".strip()]
