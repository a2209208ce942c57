"""The JSON documents: each carries its schema id, and `kastellan schema ID` prints what it promises."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kastellan.app.inspect import Contents
from kastellan.checks.telling import Telling
from kastellan.kernel.version import VERSION
from kastellan.model.answer import Answer
from kastellan.model.codec import Manifest
from kastellan.model.finding import Fact
from kastellan.model.report import Report
from kastellan.model.table import Unseen


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor -o json` prints: the report with every finding, doubt and Answer, and how it is told."""

    schema: Literal["kastellan.report/1"] = "kastellan.report/1"
    version: str = VERSION
    exit_code: int
    told: Telling
    report: Report


class RowsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `get` and `lag` print as JSON: rows with nulls for what was not seen, and the Answers that are not whole."""

    schema: Literal["kastellan.rows/1"] = "kastellan.rows/1"
    version: str = VERSION
    of: str
    at_ms: int
    cluster_id: str | None
    rows: tuple[dict[str, Fact], ...]
    unseen: tuple[Unseen, ...] = ()
    not_whole: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()


class ExplanationDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `explain -o json` prints: the parts of an explanation by their headings."""

    schema: Literal["kastellan.explanation/1"] = "kastellan.explanation/1"
    version: str = VERSION
    id: str
    title: str
    parts: dict[str, str]


class ContentsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `snapshot show -o json` prints."""

    schema: Literal["kastellan.contents/1"] = "kastellan.contents/1"
    version: str = VERSION
    contents: Contents


DOCUMENTS: dict[str, type[msgspec.Struct]] = {
    "kastellan.report/1": ReportDocument,
    "kastellan.rows/1": RowsDocument,
    "kastellan.explanation/1": ExplanationDocument,
    "kastellan.contents/1": ContentsDocument,
    "kastellan.snapshot/1": Manifest,
}


def json_text(document: msgspec.Struct, *, compact: bool = False) -> str:
    """The document, indented unless one document a line is wanted."""
    encoded = msgspec.json.encode(document)
    return (encoded if compact else msgspec.json.format(encoded, indent=2)).decode()


def schema_of(document: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a document."""
    return msgspec.json.schema(document)
