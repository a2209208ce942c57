"""Whether brokers may be restarted now: judged from one snapshot, for a broker, a set of them, or a rack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec
import polars as pl

from kastellan.checks.families.controller.voter_lagging import evaluate as lagging
from kastellan.checks.families.replication.no_headroom_for_restart import CHECK as HEADROOM
from kastellan.checks.shared_settings import MAX_BEHIND
from kastellan.engine.requests import requests_of
from kastellan.engine.resolver import Missing, Resolver, unseen_of
from kastellan.findings.provider_rules import describe_provider, provider_notes
from kastellan.kernel.errors import BadInput
from kastellan.kernel.units import plural
from kastellan.model.provider_detection import provider_of
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.reference.providers import Provider, ProviderData
from kastellan.views.catalogue import all_views
from kastellan.views.restart_headroom import RestartHeadroom

_SHOWN = 1_000


class May(StrEnum):
    """The answer. Unknown is not yes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A partition that would be hurt: `how` is `refuses writes` or `goes offline`; the counts are of replicas.

    `needed` is null where min.insync.replicas was not seen; `by_design` is true where even the whole set of replicas in
    sync would not bear the restart of one of them.
    """

    topic: str
    partition: int
    how: str
    in_sync_now: int
    in_sync_left: int
    needed: int | None
    by_design: bool


class Restart(msgspec.Struct, frozen=True, kw_only=True):
    """What the restart of these brokers, all at once, would do.

    `every_broker` is true where the cluster has no other broker: nothing is served until they are back. `losses` holds the
    first partitions that would be hurt, the counts are of all.
    """

    brokers: tuple[int, ...]
    rack: str | None = None
    may: May
    every_broker: bool = False
    refuse: int = 0
    offline: int = 0
    by_design: int = 0
    unknown: int = 0
    replicas: int = 0
    reasons: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()


class Restarts(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, for all brokers one by one or for the one set that was asked for."""

    at_ms: int
    cluster_id: str | None
    answers: tuple[Restart, ...]
    notes: tuple[str, ...] = ()


def _tables(
    headroom: RestartHeadroom, brokers: Brokers, quorum: Quorum | None, nodes: QuorumNodes | None
) -> tuple[RestartHeadroom, Brokers, Quorum | None, QuorumNodes | None]:
    """What the answer rests on, as needs."""
    return headroom, brokers, quorum, nodes


REQUESTS = requests_of([_tables], all_views())


def judge_restarts(
    snapshot: Snapshot,
    of: Sequence[str],
    providers: ProviderData,
    notes: tuple[str, ...] = (),
    stated: Provider | None = None,
) -> Restarts:
    """The answers from a snapshot: for every broker, or for the set that `of` names by ids and racks.

    `stated` is who is said to run the cluster. Where replicas do not show what a restart does, because of who runs it,
    every answer is unknown. Raises BadInput for a name that is no broker and no rack.
    """
    arguments = Resolver(snapshot, all_views()).arguments(_tables)
    if isinstance(arguments, Missing):
        raise BadInput(f"a restart cannot be judged: {arguments.reason}; save the snapshot anew or look at the live cluster")
    headroom, brokers, quorum, nodes = _tables(**arguments)
    sets = [_resolve_names(of, brokers)] if of else [((row.broker,), None) for row in brokers.rows if row.registered is not False]
    unseen = unseen_of([headroom])
    answers = [
        _judge(ids, rack, headroom.df, brokers=brokers, unseen=unseen, voters=_voters(quorum, nodes), listing=not of)
        for ids, rack in sets
    ]
    run_by = provider_of(snapshot, providers, stated)
    provider = describe_provider(snapshot, run_by, providers)
    why = run_by.profile.excludes(HEADROOM.id) if run_by.profile else ""
    if why:
        answers = [Restart(brokers=answer.brokers, rack=answer.rack, may=May.UNKNOWN, reasons=(why,)) for answer in answers]
    all_notes = (*notes, *provider_notes((), snapshot, provider, run_by))
    return Restarts(at_ms=snapshot.at_ms, cluster_id=snapshot.cluster_id, answers=tuple(answers), notes=all_notes)


def _resolve_names(of: Sequence[str], brokers: Brokers) -> tuple[tuple[int, ...], str | None]:
    """The brokers that ids and racks name, and the rack where exactly one names them all."""
    by_name = {str(row.broker): row.broker for row in brokers.rows}
    racks: dict[str, list[int]] = {}
    for row in brokers.rows:
        if row.rack:
            racks.setdefault(row.rack, []).append(row.broker)
    chosen: set[int] = set()
    for name in of:
        if name in by_name:
            chosen.add(by_name[name])
        elif name in racks:
            chosen.update(racks[name])
        else:
            choices = f"brokers are {', '.join(by_name)}" + (f"; racks are {', '.join(racks)}" if racks else "; no rack was seen")
            raise BadInput(f"{name[:60]!r} is no broker and no rack: {choices}")
    return tuple(sorted(chosen)), of[0] if len(of) == 1 and of[0] not in by_name else None


def _voters(quorum: Quorum | None, nodes: QuorumNodes | None) -> dict[int, bool | None]:
    """Every voter of the metadata quorum, with whether it follows; empty where there is none or none was seen."""
    if quorum is None or nodes is None:
        return {}
    rows = lagging(quorum, nodes, MAX_BEHIND.default).frame.lazy().collect().iter_rows(named=True)
    return {row["node"]: None if row["fails"] is None else not row["fails"] for row in rows if row["applies"]}


def _judge(
    ids: tuple[int, ...],
    rack: str | None,
    headroom: pl.DataFrame,
    *,
    brokers: Brokers,
    unseen: tuple[Unseen, ...],
    voters: dict[int, bool | None],
    listing: bool,
) -> Restart:
    parts = _together(headroom, ids)
    hurt = parts.filter(pl.col("refuses") | pl.col("offline")).sort("topic", "partition")
    unknown = parts.filter((pl.col("refuses").is_null() | pl.col("offline").is_null()) & ~pl.col("hurt")).height
    offline, design = hurt.filter("offline").height, hurt.filter("by_design").height
    majority = _majority(ids, voters)
    reasons = (*_hurt_reasons(hurt.height - offline, offline, design), *majority)
    doubts = (*([f"{plural(unknown, 'partition')} there could not be judged"] if unknown else []), *_not_listed(unseen))
    return Restart(
        brokers=ids,
        rack=rack,
        every_broker=_is_every_broker(ids, brokers),
        may=May.NO if reasons else May.UNKNOWN if doubts else May.YES,
        refuse=hurt.height - offline,
        offline=offline,
        by_design=design,
        unknown=unknown,
        replicas=int(parts["held"].sum()),
        reasons=(*reasons, *doubts),
        cautions=tuple(_cautions(ids, parts, {row.broker: row for row in brokers.rows})),
        losses=() if listing else tuple(map(_loss, hurt.head(_SHOWN).iter_rows(named=True))),
    )


def _is_every_broker(ids: tuple[int, ...], brokers: Brokers) -> bool:
    others = [broker for broker in brokers.rows if broker.broker not in ids and broker.registered is not False]
    return not others and not brokers.unseen


def _together(headroom: pl.DataFrame, ids: tuple[int, ...]) -> pl.DataFrame:
    """The partitions with a replica on one of these brokers, and what they have without all of them."""
    rows = headroom.lazy().filter(pl.col("broker").is_in(ids))
    sums = rows.group_by("topic", "partition").agg(
        pl.col("in_sync_now", "effective_min", "refuses_now", "without_spare", "moving").first(),
        held=pl.len(),
        lost=pl.when(pl.col("in_sync").null_count() == 0).then(pl.col("in_sync").sum()).cast(pl.Int32),
        alone=pl.col("would_refuse").any(ignore_nulls=False),
    )
    left = pl.col("in_sync_now") - pl.col("lost")
    changes = pl.col("lost") > 0
    offline = changes & (left == 0)
    refuses = ~pl.col("refuses_now") & ((changes & (left < pl.col("effective_min"))) | pl.col("alone"))
    return (
        sums.with_columns(left=left, offline=offline, refuses=refuses & ~offline, by_design=pl.col("without_spare"))
        .with_columns(hurt=(pl.col("refuses") | pl.col("offline")).fill_null(value=False))
        .collect()
    )


def _hurt_reasons(refuse: int, offline: int, by_design: int) -> Iterable[str]:
    if offline:
        yield f"{plural(offline, 'partition')} would go offline"
    if refuse:
        yield f"{plural(refuse, 'partition')} would refuse writes with acks=all"
    if by_design:
        yield (
            f"of these {by_design:,} bear no restart at any time, because min.insync.replicas is as large as their "
            "number of replicas: lower it or add a replica first"
        )


def _majority(ids: tuple[int, ...], voters: dict[int, bool | None]) -> tuple[str, ...]:
    """Why the metadata quorum would not bear it; controllers among these ids are combined nodes."""
    stopped = voters.keys() & set(ids)
    if not stopped:
        return ()
    majority = len(voters) // 2 + 1
    left = [voter for voter, follows in voters.items() if voter not in stopped and follows is not False]
    if len(left) >= majority:
        return ()
    of = f"{len(left)} of {plural(len(voters), 'voter')} would be left and {majority} are a majority"
    return (f"the metadata quorum would lose its majority: {of}",)


def _not_listed(unseen: tuple[Unseen, ...]) -> Iterable[str]:
    for roster in dict.fromkeys(members.roster for members in unseen):
        yield f"not every {roster} could be listed"


def _cautions(ids: tuple[int, ...], parts: pl.DataFrame, brokers: dict[int, Broker]) -> Iterable[str]:
    """What does not forbid the restart and should be known."""
    away = [
        broker.broker
        for broker in brokers.values()
        if broker.fenced and broker.broker not in ids and broker.registered is not False
    ]
    if away:
        yield f"{plural(len(away), 'other broker')} out of the cluster already: {', '.join(map(str, away))}"
    already = parts.filter("refuses_now").height
    if already:
        yield f"{plural(already, 'partition')} there refuse writes already, or are offline"
    moving = parts.filter("moving").height
    if moving:
        yield f"{plural(moving, 'partition')} there are being reassigned: let that end first"


def _loss(row: dict[str, object]) -> Loss:
    return msgspec.convert(
        {
            "topic": row["topic"],
            "partition": row["partition"],
            "how": "goes offline" if row["offline"] else "refuses writes",
            "in_sync_now": row["in_sync_now"],
            "in_sync_left": row["left"],
            "needed": row["effective_min"],
            "by_design": bool(row["by_design"]),
        },
        Loss,
    )
