"""The way to a cluster, layer by layer."""

from __future__ import annotations

from kastellan.kernel.units import duration_text
from kastellan.model.probe import Probed, Sign, Step
from kastellan.surfaces.cli.screen import Screen

_STYLE = {Sign.OK: "green", Sign.WARNING: "yellow", Sign.FAILED: "red", Sign.UNKNOWN: "yellow", Sign.SKIPPED: "dim"}
_LABEL = 12
_CLIENTS = {"java": "Java client", "librdkafka": "librdkafka"}


def show(probed: Probed, screen: Screen) -> None:
    """The verdict, then every step; what to do and how clients report it below those that need it."""
    screen.paragraph(probed.verdict, "red" if probed.broken else "green")
    screen.paragraph(f"From {probed.host} to {probed.bootstrap} as {probed.principal}", "dim")
    screen.line()
    for step in probed.steps:
        _step(step, screen)


def _step(step: Step, screen: Screen) -> None:
    took = f" ({duration_text(step.took_ms)})" if step.took_ms is not None else ""
    head = f"{step.sign.upper():<8}{step.layer:<12}{step.of}"
    screen.paragraph(head, _STYLE[step.sign])
    screen.paragraph(step.observation + took, indent=8)
    if step.fix:
        screen.field("Do", (step.fix,), 8, _LABEL)
    for client, sentence in step.clients.items():
        screen.field(_CLIENTS.get(client, client), (sentence,), 8, _LABEL, style="dim")
