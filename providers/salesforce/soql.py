"""Writing SOQL and SOSL so that no value can change what is asked.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from providers.kit.errors import InvalidRequest

MAX_SEARCH = 200

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79})?")
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"'}
_SOSL_RESERVED = re.compile(r"([?&|!{}\[\]()^~*:\\\"'+-])")


def quoted(value: str) -> str:
    """A value as a SOQL string. Quotes and backslashes are escaped; other control characters are left out."""
    return "'" + "".join(_ESCAPES.get(one, one) for one in value if one in _ESCAPES or one >= " ") + "'"


def listed(values: Iterable[str]) -> str:
    """Values for `IN`."""
    return "(" + ", ".join(quoted(one) for one in values) + ")"


def moment(value: datetime) -> str:
    """A moment as SOQL writes it, without quotes, to the millisecond and in UTC."""
    at = value.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def name(value: str) -> str:
    """A field's or object's name. Raises InvalidRequest for anything else."""
    if not _NAME.fullmatch(value):
        raise InvalidRequest(
            f"“{value[:60]}” is not a name of a Salesforce field.",
            field=value[:60],
            fix="Use the field's API name as Salesforce's Object Manager shows it, for example Shop_Id__c.",
        )
    return value


def record_id(value: str, *, what: str = "id") -> str:
    """A record's id, 15 or 18 letters and digits. Raises InvalidRequest for anything else."""
    if not _ID.fullmatch(value):
        raise InvalidRequest(
            f"“{value[:40]}” is not the id of a Salesforce record.",
            field=what,
            fix="Use the 15 or 18 letters and digits that Salesforce shows in the record's address.",
        )
    return value


def select(fields: Iterable[str], source: str, *, where: str = "", order: str = "", limit: int = 0) -> str:
    """A query. `fields` and `source` are checked as names; `where` and `order` are written by this provider."""
    parts = [f"SELECT {', '.join(name(one) for one in fields)} FROM {name(source)}"]  # noqa: S608  # names are checked, values quoted
    parts += [f"WHERE {where}"] if where else []
    parts += [f"ORDER BY {order}"] if order else []
    parts += [f"LIMIT {limit}"] if limit else []
    return " ".join(parts)


def find(text: str, returning: str, *, limit: int) -> str:
    """A full-text search (SOSL) for words that begin with the text, in all fields; its marks lose their meaning."""
    words = _SOSL_RESERVED.sub(r"\\\1", " ".join(text.split())[:MAX_SEARCH])
    return f"FIND {{{words}*}} IN ALL FIELDS RETURNING {name(returning)}(Id) LIMIT {limit}"
