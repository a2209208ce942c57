"""Brokers are live for the cluster and out of reach from here.

**What it means.** The controller counts the broker among the live ones, and its advertised address does not answer us.
That is a matter of the way between: a firewall, a VPN, an address that means something else here, or a wrong
advertised.listeners. It is one cause however many brokers are concerned. What only they could tell stays unseen.

**What speaks against it.** Partitions that such a broker leads and that lost its replica: then it is not well either.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kastellan.diagnosis.cause import Cause
from kastellan.kernel.addresses import address_text
from kastellan.kernel.units import plural
from kastellan.model.diagnosis import CauseFound, Symptoms
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.replicas import Replicas

CAUSE = Cause(
    id="broker_unreachable",
    title="Broker is live for the cluster and out of reach from here",
    rank=30,
    do=(
        "Try the same address from a client's host. If it answers there, mend the way from here (--resolve, a proxy, the "
        "firewall); if it fails there too, clients are cut off: look at advertised.listeners and at the process."
    ),
    do_not="Do not restart the broker for this: the cluster holds it for live.",
    verify="kastellan doctor --only brokers",
    references=("Kafka documentation, Broker configs: advertised.listeners",),
)
_UNREACHABLE = "brokers.unreachable"
_SHOWN = 5


def find(symptoms: Symptoms, brokers: Brokers, replicas: Replicas | None) -> Iterable[CauseFound]:
    """One cause for all brokers that the cluster counts as live and that do not answer."""
    by_id = {row.broker: row for row in brokers.rows}
    live = [subject for subject in symptoms.of(_UNREACHABLE) if _is_live(by_id.get(int(subject.key[0] or 0)))]
    if not live:
        return
    rests_on = tuple((_UNREACHABLE, subject) for subject in live)
    ids = [int(subject.key[0] or 0) for subject in live]
    manners = "; ".join(_met(by_id[broker]) for broker in ids[:_SHOWN])
    yield CauseFound(
        cause=CAUSE.id,
        subject=live[0] if len(live) == 1 else Subject("cluster", ()),
        title=CAUSE.title if len(live) == 1 else f"{len(live)} brokers are live for the cluster and out of reach from here",
        says=manners + (f"; and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""),
        rests_on=rests_on,
        explains=symptoms.following(rests_on),
        against=_against(ids, replicas),
        do=CAUSE.do,
        do_not=CAUSE.do_not,
        verify=CAUSE.verify,
    )


def _is_live(broker: Broker | None) -> bool:
    if broker is None:
        return False
    return broker.fenced is False or (broker.fenced is None and broker.listed is True)


def _met(broker: Broker) -> str:
    return f"broker {broker.broker} at {address_text(broker.host or '(unknown)', broker.port)}: {broker.trouble or 'no answer'}"


def _against(ids: list[int], replicas: Replicas | None) -> tuple[str, ...]:
    if replicas is None:
        return ()
    behind = replicas.df.filter(pl.col("broker").is_in(ids) & ~pl.col("in_sync")).height
    return (f"{plural(behind, 'replica')} there are out of the ISR: not only the way from here is the trouble",) if behind else ()
