"""Answers as plain data, whatever they are written in."""

from __future__ import annotations

import csv
import io
from typing import Any

from providers.kit.answers import Answer
from providers.kit.declarative.document_calls import Csv, Response
from providers.kit.declarative.plain_text import DocumentError, check_size
from providers.kit.declarative.xml_reading import XmlError, read_xml
from providers.kit.errors import UnexpectedResponse

MAX_ROWS = 50_000
MAX_VALUES = 500_000


def data_of(answer: Answer, response: Response) -> Any:
    """The answer's body as plain data. Raises UnexpectedResponse."""
    if response.kind == "json":
        return _bounded(answer.json(), answer) if answer.content.strip() else None
    if _is_page(answer):
        raise unreadable(answer, "a web page came where data should be")
    if response.kind == "xml":
        try:
            return read_xml(answer.content) if answer.content.strip() else None
        except XmlError as error:
            raise unreadable(answer, str(error)) from None
    if response.kind == "csv":
        return rows_of(answer, response.csv)
    return answer.text


def loosely(answer: Answer, response: Response) -> Any:
    """As `data_of`, for refusals, which are often not written in what is promised: None when it can't be read."""
    try:
        return data_of(answer, response)
    except UnexpectedResponse:
        return None


def rows_of(answer: Answer, settings: Csv) -> list[Any]:
    """One object for each row by the header's names, or one list where there is no header."""
    try:
        text = answer.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = answer.content.decode("cp1252", "replace")
    rows: list[Any] = []
    names: list[str] | None = None
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter):
            if not row:
                continue
            if settings.header and names is None:
                names = [name.strip() for name in row]
                continue
            rows.append(row if names is None else dict(zip(names, row, strict=False)))
            if len(rows) > MAX_ROWS:
                raise unreadable(answer, f"more than {MAX_ROWS} rows")
    except csv.Error as error:
        raise unreadable(answer, str(error)) from None
    return rows


def unreadable(answer: Answer, detail: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        "The service sent an answer that could not be read.",
        fix="Try again in a few minutes. If it lasts, compare the format of the answer with the document's.",
        code="unreadable",
        status=answer.status,
        detail=detail,
    )


def _bounded(data: Any, answer: Answer) -> Any:
    try:
        check_size(data, depth=100, nodes=MAX_VALUES)
    except DocumentError as error:
        raise unreadable(answer, str(error)) from None
    return data


def _is_page(answer: Answer) -> bool:
    begins = answer.content[:200].lstrip().lower()
    return begins.startswith((b"<!doctype html", b"<html"))
