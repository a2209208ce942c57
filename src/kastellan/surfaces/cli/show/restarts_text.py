"""Whether brokers may be restarted, as a table for all of them or as an answer about those that were named."""

from __future__ import annotations

from kastellan.findings.restarts import May, Restart, Restarts
from kastellan.kernel.units import count_text, plural
from kastellan.surfaces.cli.screen import Screen

_STYLE = {May.YES: "green", May.NO: "red", May.UNKNOWN: "yellow"}
_SHOWN = 20
_LABEL = 10


def show(restarts: Restarts, screen: Screen, *, named: bool) -> None:
    """The answers, then what is to be known beside them."""
    if named:
        _show_one(restarts.answers[0], screen)
    else:
        _show_all(restarts, screen)
    if restarts.notes:
        screen.field("NOTES", restarts.notes, 0, _LABEL)


def _show_all(restarts: Restarts, screen: Screen) -> None:
    rows = [
        [
            ", ".join(map(str, answer.brokers)),
            answer.may.value,
            count_text(answer.replicas),
            count_text(answer.refuse),
            count_text(answer.offline),
            count_text(answer.unknown),
        ]
        for answer in restarts.answers
    ]
    heads = ["BROKER", "RESTART", "REPLICAS", "REFUSE WRITES", "OFFLINE", "UNKNOWN"]
    screen.table(heads, rows, frozenset({2, 3, 4, 5}))
    lines = [
        f"{_name_brokers(answer)}: {'; '.join((*answer.reasons, *answer.cautions))}"
        for answer in restarts.answers
        if answer.reasons or answer.cautions
    ]
    more = [f"and {plural(len(lines) - _SHOWN, 'broker')} more"] if len(lines) > _SHOWN else []
    screen.field("WHY", (*lines[:_SHOWN], *more), 0, _LABEL)
    screen.paragraph("kastellan may-restart BROKER lists the partitions; several brokers or a rack are judged together", "dim")


def _show_one(answer: Restart, screen: Screen) -> None:
    screen.paragraph(f"{answer.may.upper()}  {_name_brokers(answer)} {_verdict(answer)}.", _STYLE[answer.may])
    if answer.may is May.YES:
        screen.paragraph(f"{plural(answer.replicas, 'replica')} there, and every partition keeps accepting writes without them.")
    screen.field("WHY", answer.reasons, 0, _LABEL)
    screen.field("CAUTION", answer.cautions, 0, _LABEL)
    if answer.losses:
        screen.line()
        rows = [
            [
                f"{loss.topic}-{loss.partition}",
                loss.how,
                count_text(loss.in_sync_now),
                count_text(loss.in_sync_left),
                "?" if loss.needed is None else count_text(loss.needed),
                "by design" if loss.by_design else "",
            ]
            for loss in answer.losses[:_SHOWN]
        ]
        screen.table(["PARTITION", "WOULD", "ISR NOW", "ISR LEFT", "NEEDED", ""], rows, frozenset({2, 3, 4}))
        more = answer.refuse + answer.offline - min(len(answer.losses), _SHOWN)
        if more > 0:
            screen.paragraph(f"and {count_text(more)} more: -o json lists up to a thousand", "dim")


def _verdict(answer: Restart) -> str:
    if answer.every_broker and answer.may is May.NO:
        only = "is the only broker" if len(answer.brokers) == 1 else "are all brokers of the cluster"
        back = "it is" if len(answer.brokers) == 1 else "they are"
        return f"{only}: nothing is served until {back} back. Restart when clients can wait for that"
    together = " together" if len(answer.brokers) > 1 else ""
    return {
        May.YES: f"may be restarted{together} now",
        May.NO: f"must not be restarted{together} now",
        May.UNKNOWN: "cannot be judged: do not restart on this answer",
    }[answer.may]


def _name_brokers(answer: Restart) -> str:
    if answer.rack:
        return f"rack {answer.rack} (brokers {', '.join(map(str, answer.brokers))})"
    return f"broker{'s' if len(answer.brokers) > 1 else ''} {', '.join(map(str, answer.brokers))}"
