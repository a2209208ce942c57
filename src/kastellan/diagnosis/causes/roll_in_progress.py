"""Brokers are being restarted one after the other.

**What it means.** One broker is away now, and within the last hour others were away and came back, or the brokers offer
different versions: somebody rolls the cluster. That the broker of the moment is fenced and its partitions are
under-replicated is what a roll looks like. Clients that are hurt are told all the same: a roll must not hurt them.

**What speaks against it.** More than one broker away at once; a broker that was away before and is away again; one that
is away for more than ten minutes, as far as the looks reach. Then nothing is excused.

**When it is silent.** It needs earlier looks: kept snapshots or --watch. The first broker of a roll looks like a crash.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kastellan.diagnosis.cause import Cause
from kastellan.kernel.time_texts import clock_text
from kastellan.kernel.units import duration_text, plural
from kastellan.model.diagnosis import CauseFound, EarlierLooks, Symptoms
from kastellan.model.finding import Severity
from kastellan.model.subject import Subject
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Broker, Brokers

CAUSE = Cause(
    id="roll_in_progress",
    title="A rolling restart is in progress",
    rank=10,
    do="Wait until the broker is back and nothing is under-replicated before the next one is restarted.",
    do_not="Do not restart the next broker meanwhile, and do not start a reassignment.",
    verify="kastellan doctor --only brokers,replication --watch: every broker is live and nothing is under-replicated.",
    downgrades=(
        "brokers.fenced",
        "brokers.unreachable",
        "replication.at_min_isr",
        "replication.under_replicated",
        "replication.no_headroom_for_restart",
        "controller.no_majority_margin",
        "controller.voter_lagging",
    ),
    references=("Kafka documentation, Graceful shutdown",),
)
_WINDOW_S = 3_600.0
_PATIENCE_S = 600.0
_FENCED = "brokers.fenced"


def find(symptoms: Symptoms, looks: EarlierLooks, brokers: Brokers, versions: ApiVersions | None) -> Iterable[CauseFound]:
    """At most one roll: the broker that is away now, and what follows from its absence."""
    away = [subject for subject, finding in symptoms.of(_FENCED).items() if finding.severity is not Severity.INFO]
    if not away:
        return
    now = {row.broker: row for row in brokers.rows}
    earlier = looks.tables(Brokers, _WINDOW_S)
    returned = _find_returned(earlier, now)
    mixed = _has_mixed_versions(versions)
    if not returned and not mixed:
        return
    roots = tuple((_FENCED, subject) for subject in away)
    first = f"{_number_brokers(returned)} came back before" if returned else "the brokers offer different API versions"
    yield CauseFound(
        cause=CAUSE.id,
        subject=Subject("cluster", ()),
        title=CAUSE.title,
        says=f"{', '.join(subject.text for subject in away)} is away; {first}",
        explains=(*roots, *symptoms.following(roots)),
        against=(*_not_seen(brokers), *_against([int(subject.key[0] or 0) for subject in away], earlier, looks.now_ms)),
        expected=True,
        do=CAUSE.do,
        do_not=CAUSE.do_not,
        verify=CAUSE.verify,
    )


def _away(broker: Broker) -> bool | None:
    if broker.fenced is not None:
        return broker.fenced
    return None if broker.listed is None else not broker.listed


def _find_returned(earlier: list[tuple[int, Brokers]], now: dict[int, Broker]) -> dict[int, int]:
    """Brokers that an earlier look saw away and that are live now, with the last time at which they were away."""
    was_away = {row.broker: at_ms for at_ms, table in earlier for row in table.rows if _away(row)}
    return {broker: at_ms for broker, at_ms in was_away.items() if broker in now and _away(now[broker]) is False}


def _number_brokers(returned: dict[int, int]) -> str:
    return ", ".join(f"broker {broker} (away at {clock_text(at_ms)})" for broker, at_ms in sorted(returned.items()))


def _has_mixed_versions(versions: ApiVersions | None) -> bool:
    """Two brokers that answered offer different versions of some request, or one offers a request that another lacks.

    What a broker lacks is known only where its whole offer was seen: a row that could not be read is no difference.
    """
    if versions is None:
        return False
    offered = ["broker", "api_key", "max_version"]
    complete = versions.df.drop_nulls(offered)
    if complete.filter(pl.col("max_version").n_unique().over("api_key") > 1).height:
        return True
    blurred = versions.df.filter(pl.any_horizontal(pl.col(offered).is_null()))["broker"]
    comparable = complete.filter(~pl.col("broker").is_in(blurred.drop_nulls().implode()))
    brokers = comparable["broker"].n_unique()
    return comparable.filter(pl.len().over("api_key") < brokers).height > 0


def _not_seen(brokers: Brokers) -> Iterable[str]:
    """What is not known excuses nothing: another broker might be away as well."""
    unknown = [row.broker for row in brokers.rows if _away(row) is None]
    if unknown:
        yield f"whether {plural(len(unknown), 'other broker')} is live was not seen"
    if brokers.unseen:
        yield "not every broker could be listed"


def _against(away: list[int], earlier: list[tuple[int, Brokers]], now_ms: int) -> Iterable[str]:
    if len(away) > 1:
        yield f"{plural(len(away), 'broker')} are away at once"
    for broker in away:
        states = [(at_ms, _was_away(table, broker)) for at_ms, table in earlier]
        live_ms = [at_ms for at_ms, gone in states if gone is False]
        if not live_ms:
            yield f"no look of the last hour has seen broker {broker} live"
            continue
        if now_ms - live_ms[-1] > _PATIENCE_S * 1000:
            yield f"broker {broker} may be away for {duration_text(now_ms - live_ms[-1])}"
        if any(gone and at_ms < live_ms[-1] for at_ms, gone in states):
            yield f"broker {broker} was away before, came back and is away again"
        elif any(gone is None and at_ms < live_ms[-1] for at_ms, gone in states):
            yield f"an earlier look could not see broker {broker}"


def _was_away(table: Brokers, broker: int) -> bool | None:
    return next((_away(row) for row in table.rows if row.broker == broker), None)
