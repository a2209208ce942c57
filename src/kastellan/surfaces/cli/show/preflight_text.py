"""What a principal may see, right by right; what a look costs; how the missing rights are given."""

from __future__ import annotations

from kastellan.app.preflight import Has, Preflight, fitting_form
from kastellan.kernel.units import bytes_text, duration_text, plural
from kastellan.surfaces.cli.screen import Screen

_STYLE = {Has.YES: "green", Has.PARTLY: "yellow", Has.NO: "red", Has.UNKNOWN: "yellow", Has.UNTOLD: "dim", Has.UNTRIED: "dim"}
_LABEL = 10
_REQUESTS = 6


def show(preflight: Preflight, screen: Screen) -> None:
    """Verdict, rights, cost, commands."""
    worst = (
        Has.NO if preflight.missing else Has.UNKNOWN if any(sight.has is Has.UNKNOWN for sight in preflight.sights) else Has.YES
    )
    screen.paragraph(preflight.verdict, _STYLE[worst])
    where = f"From {preflight.vantage.host or '?'} as {preflight.vantage.principal} by {preflight.vantage.bootstrap or '?'}"
    screen.paragraph(where, "dim")
    screen.line()
    for sight in preflight.sights:
        of = sight.resource if sight.resource == "Cluster" else f"{sight.resource} {sight.name}"
        screen.paragraph(f"{sight.has.upper():<9}{sight.operation} on {of}", _STYLE[sight.has])
        if sight.has in {Has.UNTRIED, Has.UNTOLD}:
            screen.paragraph(sight.why, "dim", indent=9)
        elif sight.has is not Has.YES:
            screen.field("seen", (sight.why,), 9, 9, style="dim")
            screen.field("without", (sight.without,), 9, 9)
    screen.line()
    screen.field("COST", (_cost(preflight),), 0, _LABEL)
    if preflight.notes:
        screen.field("NOTES", preflight.notes, 0, _LABEL)
    if preflight.missing:
        form = fitting_form(preflight)
        screen.line()
        screen.paragraph(form.says)
        for line in form.lines:
            screen.line(f"  {line}")


def _cost(preflight: Preflight) -> str:
    cost = preflight.cost
    most = sorted(cost.by_request.items(), key=lambda request: (-request[1], request[0]))
    kinds = ", ".join(f"{name} {count}" for name, count in most[:_REQUESTS])
    rest = f", {len(most) - _REQUESTS} kinds more" if len(most) > _REQUESTS else ""
    size = f"{bytes_text(cost.received_bytes)} received, {bytes_text(cost.sent_bytes)} sent"
    return (
        f"one look: {plural(cost.requests, 'request')}, {size}, at most {duration_text(cost.broker_ms)} of the brokers' time, "
        f"{duration_text(cost.wall_ms)} here" + (f" ({kinds}{rest})" if kinds else "")
    )
