"""What a principal may see, right by right; what a look costs; how the missing rights are given."""

from __future__ import annotations

from kastellan.app.preflight import Has, Preflight, fitting_form
from kastellan.kernel.units import bytes_text, duration_text, plural
from kastellan.surfaces.cli.screen import Screen

_STYLE = {Has.YES: "green", Has.PARTLY: "yellow", Has.NO: "red", Has.UNKNOWN: "yellow", Has.UNTOLD: "dim", Has.UNTRIED: "dim"}
_LABEL = 10
_REQUESTS = 6


def show(found: Preflight, screen: Screen) -> None:
    """Verdict, rights, cost, commands."""
    worst = Has.NO if found.missing else Has.UNKNOWN if any(each.has is Has.UNKNOWN for each in found.sights) else Has.YES
    screen.paragraph(found.verdict, _STYLE[worst])
    where = f"From {found.vantage.host or '?'} as {found.vantage.principal} by {found.vantage.bootstrap or '?'}"
    screen.paragraph(where, "dim")
    screen.line()
    for each in found.sights:
        of = each.resource if each.resource == "Cluster" else f"{each.resource} {each.name}"
        screen.paragraph(f"{each.has.upper():<9}{each.operation} on {of}", _STYLE[each.has])
        if each.has in {Has.UNTRIED, Has.UNTOLD}:
            screen.paragraph(each.why, "dim", indent=9)
        elif each.has is not Has.YES:
            screen.field("seen", (each.why,), 9, 9, style="dim")
            screen.field("without", (each.without,), 9, 9)
    screen.line()
    screen.field("COST", (_cost(found),), 0, _LABEL)
    if found.notes:
        screen.field("NOTES", found.notes, 0, _LABEL)
    if found.missing:
        form = fitting_form(found)
        screen.line()
        screen.paragraph(form.says)
        for each in form.lines:
            screen.line(f"  {each}")


def _cost(found: Preflight) -> str:
    cost = found.cost
    most = sorted(cost.by_request.items(), key=lambda each: (-each[1], each[0]))
    kinds = ", ".join(f"{name} {count}" for name, count in most[:_REQUESTS])
    rest = f", {len(most) - _REQUESTS} kinds more" if len(most) > _REQUESTS else ""
    size = f"{bytes_text(cost.received_bytes)} received, {bytes_text(cost.sent_bytes)} sent"
    return (
        f"one look: {plural(cost.requests, 'request')}, {size}, at most {duration_text(cost.broker_ms)} of the brokers' time, "
        f"{duration_text(cost.wall_ms)} here" + (f" ({kinds}{rest})" if kinds else "")
    )
