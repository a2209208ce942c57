"""The JSON documents: each carries its schema id, and `kastellan schema ID` prints what it promises."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kastellan.app.describe import Description
from kastellan.app.preflight import Preflight
from kastellan.app.snapshots.contents import Contents
from kastellan.app.snapshots.saved import SavedSnapshots
from kastellan.config.effective import EffectiveValue
from kastellan.findings.restarts import Restarts
from kastellan.findings.summary import ReportSummary
from kastellan.kernel.version import VERSION
from kastellan.model.answer import Answer
from kastellan.model.changes import Changes
from kastellan.model.codec import Manifest
from kastellan.model.finding import Fact, Finding, UnknownVerdicts, Verdict
from kastellan.model.probe import Probed
from kastellan.model.report import Report, Shape
from kastellan.model.snapshot import Cost, Vantage
from kastellan.model.table import Unseen
from kastellan.redaction.pseudonyms import NameMap


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor -o json` prints: the report with every finding, unknown verdict and Answer, and how it is told."""

    schema: Literal["kastellan.report/2"] = "kastellan.report/2"
    version: str = VERSION
    exit_code: int
    summary: ReportSummary
    report: Report


class RowsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `get` and `lag` print as JSON: rows with nulls for what was not seen, and the Answers that are not complete."""

    schema: Literal["kastellan.rows/2"] = "kastellan.rows/2"
    version: str = VERSION
    of: str
    at_ms: int
    cluster_id: str | None
    rows: tuple[dict[str, Fact], ...]
    unseen: tuple[Unseen, ...] = ()
    incomplete_answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()


class DescriptionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `describe` prints as JSON: facts and sections of one thing, null for what was not seen."""

    schema: Literal["kastellan.description/2"] = "kastellan.description/2"
    version: str = VERSION
    description: Description


class ExplanationDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `explain -o json` prints: the parts of an explanation by their headings."""

    schema: Literal["kastellan.explanation/1"] = "kastellan.explanation/1"
    version: str = VERSION
    id: str
    title: str
    parts: dict[str, str]


class ContentsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `snapshot show -o json` prints."""

    schema: Literal["kastellan.contents/2"] = "kastellan.contents/2"
    version: str = VERSION
    contents: Contents


class RestartsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `may-restart -o json` prints: the answers with their reasons and, for named brokers, the partitions."""

    schema: Literal["kastellan.restarts/2"] = "kastellan.restarts/2"
    version: str = VERSION
    restarts: Restarts


class ConfigDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `config view -o json` prints: each value with who told it; never a secret."""

    schema: Literal["kastellan.config/1"] = "kastellan.config/1"
    version: str = VERSION
    values: tuple[EffectiveValue, ...]


class PreflightDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `preflight -o json` prints: each right, the cost of a look, and the commands that give what is missing.

    `form` is the one that fits the provider (acls, iam, strimzi) and `fitting` the lines of it.
    """

    schema: Literal["kastellan.preflight/1"] = "kastellan.preflight/1"
    version: str = VERSION
    preflight: Preflight
    commands: tuple[str, ...]
    form: str = "acls"
    fitting: tuple[str, ...] = ()


class ProbeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `probe -o json` prints: every step of the way to a cluster."""

    schema: Literal["kastellan.probe/1"] = "kastellan.probe/1"
    version: str = VERSION
    exit_code: int
    verdict: str
    probe: Probed


class Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every line of `doctor -o ndjson` has."""

    schema: Literal["kastellan.line/2"] = "kastellan.line/2"
    at_ms: int
    cluster_id: str | None


class CollectionLine(Line, frozen=True, kw_only=True, tag="collection"):
    """The first line: from where, when and at what cost the cluster was collected."""

    version: str = VERSION
    vantage: Vantage
    shape: Shape
    collections: int
    cost: Cost
    notes: tuple[str, ...]


class FindingLine(Line, frozen=True, kw_only=True, tag="finding"):
    """One finding; `subject` is its subject as text."""

    subject: str
    finding: Finding


class UnknownLine(Line, frozen=True, kw_only=True, tag="unknown"):
    """Subjects of a check that could not be judged for one reason."""

    check: str
    unknown: UnknownVerdicts


class AnswerLine(Line, frozen=True, kw_only=True, tag="answer"):
    """An Answer that is not complete."""

    answer: Answer


class EndLine(Line, frozen=True, kw_only=True, tag="end"):
    """The last line: the exit code and how many subjects got which verdict."""

    exit_code: int
    counts: dict[Verdict, int]


class ChangesDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `snapshot diff -o json` prints."""

    schema: Literal["kastellan.changes/2"] = "kastellan.changes/2"
    version: str = VERSION
    cluster_id: str | None
    changes: Changes
    lines: tuple[str, ...]


class SavedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `snapshot list -o json` prints: the saved snapshots of every cluster, the newest first."""

    schema: Literal["kastellan.saved/2"] = "kastellan.saved/2"
    version: str = VERSION
    clusters: tuple[SavedSnapshots, ...]


DOCUMENTS: dict[str, Any] = {
    "kastellan.report/2": ReportDocument,
    "kastellan.line/2": CollectionLine | FindingLine | UnknownLine | AnswerLine | EndLine,
    "kastellan.rows/2": RowsDocument,
    "kastellan.description/2": DescriptionDocument,
    "kastellan.explanation/1": ExplanationDocument,
    "kastellan.config/1": ConfigDocument,
    "kastellan.contents/2": ContentsDocument,
    "kastellan.restarts/2": RestartsDocument,
    "kastellan.preflight/1": PreflightDocument,
    "kastellan.probe/1": ProbeDocument,
    "kastellan.snapshot/2": Manifest,
    "kastellan.changes/2": ChangesDocument,
    "kastellan.saved/2": SavedDocument,
    "kastellan.redaction/1": NameMap,
}


def json_text(document: msgspec.Struct, *, compact: bool = False) -> str:
    """The document, indented unless one document a line is wanted."""
    encoded = msgspec.json.encode(document)
    return (encoded if compact else msgspec.json.format(encoded, indent=2)).decode()


def schema_of(document: Any) -> dict[str, Any]:  # noqa: ANN401  (a struct or a union of them)
    """The JSON Schema of a document."""
    return msgspec.json.schema(document)
