"""The forms in which a report is printed. Each is loaded only when it is asked for."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from kastellan.kernel.errors import KastellanError, Unavailable

if TYPE_CHECKING:
    from kastellan.findings.report_view import ReportView
    from kastellan.model.finding import Finding


class FailOn(StrEnum):
    """From which severity on the exit code is 10."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Form(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    JUNIT = "junit"
    SARIF = "sarif"
    PROMETHEUS = "prometheus"
    NAGIOS = "nagios"
    MARKDOWN = "markdown"
    HTML = "html"


REPEATABLE = frozenset({Form.TABLE, Form.JSON, Form.NDJSON, Form.MARKDOWN})
"""The forms of which several may follow each other in one stream."""


class ReportOptions(NamedTuple):
    """ChosenChecks was asked of the report."""

    fail_on: FailOn
    form: Form
    hygiene: bool
    watching: bool
    remembered: bool = False
    verbose: bool = False
    redaction_key: bytes | None = None
    """With a key names are told as the pseudonyms that it gives."""

    def fails(self, finding: Finding) -> bool:
        """True for a finding that makes the exit code 10."""
        meant = self.fail_on is not FailOn.NEVER and finding.severity.rank <= list(FailOn).index(self.fail_on)
        return meant and finding.waived is None


def render(view: ReportView, options: ReportOptions, code: int) -> str:
    """The report in the form that was asked for; `code` is the exit code that it leads to."""
    if options.form in (Form.TABLE, Form.MARKDOWN, Form.HTML):
        return _for_people(view, options)
    if options.form is Form.JSON:
        from kastellan.render.documents import ReportDocument, json_text

        document = ReportDocument(exit_code=code, summary=view.summary, report=view.report)
        return json_text(document, compact=options.watching) + "\n"
    if options.form is Form.NDJSON:
        from kastellan.render.report_ndjson import show as ndjson

        return ndjson(view, code)
    return _for_services(view, options, code)


def not_examined(error: KastellanError, form: Form) -> int | None:
    """Tells a monitor that there is no report; returns the exit code of its interface, None where ours stands."""
    if form is Form.NAGIOS:
        from kastellan.render import report_nagios

        sys.stdout.write(report_nagios.line(report_nagios.UNKNOWN, error.message) + "\n")
        return report_nagios.UNKNOWN
    if form is Form.PROMETHEUS and isinstance(error, Unavailable):
        from kastellan.render.report_prometheus import down

        sys.stdout.write(down())
    return None


def _for_people(view: ReportView, options: ReportOptions) -> str:
    if options.form is Form.MARKDOWN:
        from kastellan.render.report_markdown import show as markdown

        return markdown(view)
    if options.form is Form.HTML:
        from kastellan.render.report_html import show as html

        return html(view)
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.doctor_text import show as table

    screen = Screen.of()
    table(view, screen, hygiene=options.hygiene, verbose=options.verbose)
    clear = "\x1b[H\x1b[2J" if options.watching and sys.stdout.isatty() else ""
    return clear + screen.text() + ("\n" if options.watching and not clear else "")


def _for_services(view: ReportView, options: ReportOptions, code: int) -> str:
    """The forms of continuous integration, code scanning and monitoring."""
    if options.form is Form.JUNIT:
        from kastellan.render.report_junit import show as junit

        return junit(view, options.fails)
    if options.form is Form.SARIF:
        from kastellan.render.report_sarif import show as sarif

        return sarif(view)
    if options.form is Form.PROMETHEUS:
        from kastellan.render.report_prometheus import show as prometheus

        return prometheus(view, code)
    from kastellan.render.report_nagios import show as nagios

    return nagios(view)
