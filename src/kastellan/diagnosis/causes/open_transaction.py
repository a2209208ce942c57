"""A transaction that nobody ends holds readers back.

**What it means.** Consumers with isolation.level=read_committed get nothing beyond the first record of an open
transaction, in each of its partitions, whoever wrote it. Groups that stand still there, and last stable offsets that
do not move, follow from it. It ends by itself when its timeout is over.
"""

from __future__ import annotations

from collections.abc import Iterable

from kastellan.diagnosis.cause import Cause
from kastellan.model.diagnosis import CauseFound, Symptoms
from kastellan.model.finding import Severity
from kastellan.model.subject import Subject
from kastellan.model.tables.transaction_partitions import TransactionPartitions

CAUSE = Cause(
    id="open_transaction",
    title="An open transaction holds readers back",
    rank=50,
    do=(
        "Restart its producer with the same transactional.id, which aborts the transaction at once; otherwise wait until "
        "its timeout is over and the coordinator aborts it."
    ),
    do_not="Do not abort it by hand while the coordinator knows it, and do not restart brokers: that ends no transaction.",
    verify="kastellan doctor --only transactions,groups --watch: it is gone and the groups move again.",
    references=("KIP-98", "KIP-664"),
)
_OPEN = "transactions.open_without_owner"
_HELD_BACK = ("groups.stalled_partition", "transactions.stuck_last_stable_offset")


def find(symptoms: Symptoms, partitions: TransactionPartitions) -> Iterable[CauseFound]:
    """One cause for each silent transaction that is more than a remark, with the readers of its partitions."""
    written: dict[str, set[tuple[object, ...]]] = {}
    for name, *key in partitions.df.drop_nulls(["topic", "partition"]).select(
        "transactional_id", "topic", "partition"
    ).iter_rows():  # fmt: skip
        written.setdefault(name, set()).add(tuple(key))
    for subject, finding in symptoms.of(_OPEN).items():
        if finding.severity is Severity.INFO:
            continue
        held = written.get(str(subject.key[0]), set())

        def reads(reader: Subject, held: set[tuple[object, ...]] = held) -> bool:
            return reader.key[-2:] in held

        explained = symptoms.keys(_HELD_BACK, reads)
        if explained:
            yield CauseFound(
                cause=CAUSE.id,
                subject=subject,
                title=CAUSE.title,
                says=finding.observed,
                rests_on=((_OPEN, subject),),
                explains=explained,
                do=CAUSE.do,
                do_not=CAUSE.do_not,
                verify=CAUSE.verify,
            )
