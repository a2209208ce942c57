"""A broker is out of the cluster.

**What it means.** The controller has fenced the broker: its replicas are away, its leaders moved. How it meets us says
which way it went: it refuses connections where the process is gone, stays silent where it is frozen, overloaded or cut
off, and answers where it is starting or cannot reach the controller. A broker that is not registered was removed while it held
replicas: they do not come back by themselves, and partitions are moved away from it.

**What speaks against it.** Replicas of the broker that are still in an ISR: then the views of the nodes differ, or the
controller has only just fenced it.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from kastellan.diagnosis.cause import Cause
from kastellan.kernel.units import plural
from kastellan.model.diagnosis import CauseFound, Symptoms
from kastellan.model.finding import Severity
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.replicas import Replicas

CAUSE = Cause(
    id="broker_down",
    title="Broker is down",
    rank=20,
    do="Read the end of its log and look at its process: start it, or wake it if it is frozen. It joins by itself once it runs.",
    do_not="Do not restart other brokers until its replicas are back in the ISR.",
    undo="Stop the broker again, cleanly.",
    verify="kastellan doctor --only brokers,replication --watch: the broker is live and nothing is under-replicated.",
    references=("KIP-631", "KIP-1073"),
)
_FENCED, _UNREACHABLE = "brokers.fenced", "brokers.unreachable"
_SILENT = frozenset({"silent", "slow"})
_UNREGISTERED_DO = (
    "Move its replicas to brokers that are there (kafka-reassign-partitions.sh --generate, then --execute). Start it again only "
    "where it was removed by mistake and its disks still hold its log directories."
)
_UNREGISTERED_DO_NOT = (
    "Do not start an empty broker under its id: it would first copy everything from the replicas that are left."
)
_UNREGISTERED_UNDO = "Cancel the reassignment (kafka-reassign-partitions.sh --cancel)."


def find(symptoms: Symptoms, brokers: Brokers, replicas: Replicas | None) -> Iterable[CauseFound]:
    """One cause for each broker that is fenced and holds replicas, with all that follows from it."""
    by_id = {row.broker: row for row in brokers.rows}
    unreachable = symptoms.of(_UNREACHABLE)
    for subject, finding in symptoms.of(_FENCED).items():
        if finding.severity is Severity.INFO:
            continue
        rests_on = [(_FENCED, subject), *([(_UNREACHABLE, subject)] if subject in unreachable else [])]
        broker = by_id.get(int(subject.key[0] or 0))
        is_removed = broker is not None and broker.registered is False
        title, says, do = _manner(broker)
        yield CauseFound(
            cause=CAUSE.id,
            subject=subject,
            title=title,
            says=f"{finding.observed}; {says}",
            rests_on=tuple(rests_on),
            explains=symptoms.following(rests_on),
            against=_against(subject, replicas),
            do=do,
            do_not=_UNREGISTERED_DO_NOT if is_removed else CAUSE.do_not,
            undo=_UNREGISTERED_UNDO if is_removed else CAUSE.undo,
            verify=CAUSE.verify,
        )


def _manner(broker: Broker | None) -> tuple[str, str, str]:
    """Title, what the way in which it meets us says, and what is to be done."""
    if broker is not None and broker.registered is False:
        return (
            "Replicas are on a broker that is not registered",
            "the controller does not know the broker any more",
            _UNREGISTERED_DO,
        )
    if broker is None or broker.reached is None:
        return CAUSE.title, "it was not asked from here", CAUSE.do
    if broker.reached:
        meaning = "its process answers, so it is starting, shutting down, or cannot reach the controller"
        return "Broker runs and is out of the cluster", meaning, (
            "Read its log for why it is not admitted: recovery of its logs, an unreachable controller, a wrong cluster id. "
            "A broker that recovers joins by itself; do not stop it."
        )  # fmt: skip
    if broker.trouble == "refused":
        meaning = "nothing listens at its address, so its process is gone"
        return "Broker's process is gone", meaning, (
            "Read the end of its log and of its host's (out of memory, disk, a signal), mend that, and start it: it joins by "
            "itself."
        )  # fmt: skip
    if broker.trouble in _SILENT:
        meaning = "its address accepts and nothing comes, so it is frozen, overloaded or cut off"
        return "Broker is frozen or cut off", meaning, (
            "Look at its process on its host (stopped, in a long garbage collection, waiting for a disk) and at the network "
            "between it and the controllers: wake it, or stop and start it if it does not come back."
        )  # fmt: skip
    return CAUSE.title, f"from here: {broker.trouble or 'no answer'}", CAUSE.do


def _against(subject: Subject, replicas: Replicas | None) -> tuple[str, ...]:
    if replicas is None:
        return ()
    held = replicas.df.filter((pl.col("broker") == subject.key[0]) & pl.col("in_sync")).height
    return (f"its replicas are still in the ISR of {plural(held, 'partition')}",) if held else ()
