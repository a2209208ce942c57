"""What a principal can see of a cluster, what a look costs, and how the missing rights are given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

import msgspec

from kastellan.app.diagnose import plan_checks
from kastellan.app.observe import observe
from kastellan.app.reference_data import read_providers
from kastellan.engine.requests import TableRequests, merge_requests, request_tables
from kastellan.findings.provider_rules import describe_provider, provider_notes
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State
from kastellan.kernel.units import plural
from kastellan.model.answer import Answer
from kastellan.model.catalogue import all_tables
from kastellan.model.provider_detection import provider_of
from kastellan.model.report import Provided
from kastellan.model.rights import DEEP, DOCTOR, LEVELS, Permission, Right, rights_of
from kastellan.model.snapshot import Cost, Snapshot, Vantage
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.topics import Topics
from kastellan.ports import Source
from kastellan.reference.providers import Provider


class Has(StrEnum):
    """Whether the principal has a right, as far as answers show it."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "unknown"
    UNTOLD = "untold"
    """Kafka leaves out silently what may not be described: whether anything is missing shows nowhere."""
    UNTRIED = "untried"
    """There is nothing on this cluster that it could be tried on."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One right: whether it is there, by what that is known, and what is not seen without it."""

    operation: str
    resource: str
    name: str
    level: str
    has: Has
    why: str
    without: str


class Preflight(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `cost` is that of one look with everything that the level shows."""

    at_ms: int
    cluster_id: str | None
    vantage: Vantage
    level: str
    sights: tuple[Sight, ...]
    cost: Cost
    notes: tuple[str, ...] = ()
    provider: Provided | None = None

    @property
    def missing(self) -> tuple[Sight, ...]:
        """The rights that are not there, or only for some."""
        return tuple(sight for sight in self.sights if sight.has in {Has.NO, Has.PARTLY})

    @property
    def verdict(self) -> str:
        """One sentence."""
        missing = len(self.missing)
        unknown = sum(sight.has is not Has.YES for sight in self.sights)
        if missing:
            return f"{plural(missing, 'right')} of {len(self.sights)} for the level {self.level} missing."
        if unknown:
            return f"No right is known to be missing for the level {self.level}; {unknown} could not be told."
        return f"Everything that the level {self.level} needs may be seen."


class _Shown(msgspec.Struct, frozen=True):
    """Where a right shows itself: the tables that it fills, and the requests that need nothing else."""

    tables: tuple[str, ...]
    requests: tuple[str, ...] = ()


@cache
def _shown() -> dict[Permission, _Shown]:
    """By right: the tables that are requested to find out about it, and the requests that need no other right."""
    needs: dict[str, set[Permission | None]] = defaultdict(set)
    probes: dict[Permission, list[str]] = defaultdict(list)
    for name, kind in all_tables().items():
        for request in kind.collection.requests:
            needs[request].add(kind.collection.right)
        if kind.collection.right and kind.collection.probes_right:
            probes[kind.collection.right].append(name)
    return {
        right: _Shown(tuple(tables), tuple(request for request, rights in needs.items() if rights == {right}))
        for right, tables in probes.items()
    }


def requests_for(level: str) -> TableRequests:
    """What a look at this level collects. Raises BadInput for a level that does not exist."""
    if level not in LEVELS:
        raise BadInput(f"no level is called {level[:40]!r}; levels are {', '.join(LEVELS)}")
    shown = {name for right in rights_of(level) for name in _shown()[right.permission].tables}
    of_checks = plan_checks().requests if level in {DOCTOR, DEEP} else ()
    return merge_requests(of_checks, request_tables(*shown))


async def preflight(source: Source, level: str, timeout_s: float, stated: Provider | None = None) -> Preflight:
    """The answer from a live cluster; `stated` is who is said to run it. Raises Unreachable when nothing answered."""
    return judge_rights(await observe(source, requests_for(level), Deadline.after(timeout_s)), level, stated=stated)


def judge_rights(snapshot: Snapshot, level: str, notes: tuple[str, ...] = (), stated: Provider | None = None) -> Preflight:
    """The answer from a snapshot: what its Answers show. What the provider refuses to everybody is no missing right."""
    requests_for(level)
    data = read_providers()
    run_by = provider_of(snapshot, data, stated)
    provider = describe_provider(snapshot, run_by, data)
    designed = frozenset(answer for refusal in (provider.refused if provider else ()) for answer in refusal.answers)
    return Preflight(
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        vantage=snapshot.vantage,
        level=level,
        sights=tuple(_sight(right, snapshot, designed) for right in rights_of(level)),
        cost=snapshot.cost,
        notes=(*notes, *provider_notes((), snapshot, provider, run_by)),
        provider=provider,
    )


def _sight(right: Right, snapshot: Snapshot, designed: frozenset[int]) -> Sight:
    all_answers = list(_answers(_shown()[right.permission], snapshot))
    answers = [answer for answer in all_answers if answer.id not in designed]
    hidden = _hidden_topics(snapshot) if right.resource == "Topic" else 0
    has, why = _judge_answers(answers, single=right.resource == "Cluster")
    if all_answers and not answers:
        why = "nobody is answered here: it is refused by design"
    if hidden and has in {Has.UNTOLD, Has.UNTRIED}:
        has, why = Has.PARTLY, f"the log directories hold {plural(hidden, 'topic')} that Metadata leaves out"
    return Sight(
        operation=right.operation,
        resource=right.resource,
        name=right.name,
        level=right.level,
        has=has,
        why=why,
        without=right.without,
    )


def _hidden_topics(snapshot: Snapshot) -> int:
    """Topics that need no right on topics to be seen, and that Metadata does not tell of."""
    sizes, topics = snapshot.table(ReplicaSizes), snapshot.table(Topics)
    if sizes is None or topics is None:
        return 0
    held = sizes.df.select("topic").drop_nulls().unique()
    return held.join(topics.df.select("topic"), on="topic", how="anti").height


def _answers(shown: _Shown, snapshot: Snapshot) -> Iterable[Answer]:
    ids: set[int] = set()
    for name in shown.tables:
        table = snapshot.tables.get(name)
        if table is not None:
            ids |= {*table.df["answer"].drop_nulls().unique(), *(unseen.answer for unseen in table.unseen)}
    return (answer for answer in snapshot.answers if answer.id in ids or answer.request in shown.requests)


def _judge_answers(answers: list[Answer], *, single: bool) -> tuple[Has, str]:
    """Whether the right is there.

    `single`: there is one such resource, so that a right on some of it is none.
    """
    by_state: dict[State, list[Answer]] = {}
    for answer in answers:
        by_state.setdefault(answer.state, []).append(answer)
    denied, left_out, complete = (by_state.get(state, []) for state in (State.DENIED, State.VISIBLE_ONLY, State.COMPLETE))
    if denied:
        return (Has.PARTLY if (complete or left_out) and not single else Has.NO), denied[0].sentence()
    if left_out:
        return Has.UNTOLD, left_out[0].sentence()
    if complete:
        return Has.YES, f"{complete[0].request} answered whole"
    if State.UNSUPPORTED in by_state and len(by_state) == 1:
        return Has.YES, f"not asked: {by_state[State.UNSUPPORTED][0].sentence()}"
    return (Has.UNKNOWN, answers[0].sentence()) if answers else (Has.UNTRIED, "there is nothing that it could be tried on")


# How missing rights are given.

_ACL_RESOURCE: Final = {
    "Cluster": "--cluster", "Topic": "--topic", "Group": "--group", "TransactionalId": "--transactional-id",
    "DelegationToken": "--delegation-token",
}  # fmt: skip
_STRIMZI: Final = {"Cluster": "cluster", "Topic": "topic", "Group": "group", "TransactionalId": "transactionalId"}
_IAM: Final = {
    ("Describe", "Cluster"): ("kafka-cluster:DescribeCluster", "cluster"),
    ("DescribeConfigs", "Cluster"): ("kafka-cluster:DescribeClusterDynamicConfiguration", "cluster"),
    ("Describe", "Topic"): ("kafka-cluster:DescribeTopic", "topic"),
    ("DescribeConfigs", "Topic"): ("kafka-cluster:DescribeTopicDynamicConfiguration", "topic"),
    ("Read", "Topic"): ("kafka-cluster:ReadData", "topic"),
    ("Describe", "Group"): ("kafka-cluster:DescribeGroup", "group"),
    ("Describe", "TransactionalId"): ("kafka-cluster:DescribeTransactionalId", "transactional-id"),
}
_UNNAMED: Final = "User:YOUR-PRINCIPAL"
ACLS, STRIMZI, IAM = "acls", "strimzi", "iam"


class Form(NamedTuple):
    """How missing rights are given where this cluster runs: the form that fits, what is to be said, the lines."""

    form: str
    says: str
    lines: tuple[str, ...]


def fitting_form(report: Preflight) -> Form:
    """The form that fits the provider; Kafka's own tool where none is known, and also where it is only close."""
    profile = read_providers().profile(report.provider.id) if report.provider else None
    rights = profile.rights if profile else ACLS
    if rights == IAM:
        return Form(
            IAM,
            "What gives the missing rights with IAM access control (-o acls where Kafka's ACLs are used):",
            _lines(iam_policy(report)),
        )
    if rights == STRIMZI:
        return Form(
            STRIMZI,
            "What gives the missing rights, for Strimzi's User Operator (-o acls where it does not run):",
            _lines(strimzi_user(report)),
        )
    if rights == "confluent":
        says = (
            "Rights are given to the service account of the API key: a role binding (confluent iam rbac role-binding create), "
            "or ACLs (confluent kafka acl create) that allow the same as these lines:"
        )
        return Form(ACLS, says, tuple(acl_lines(report)))
    if rights == "azure":
        says = "Rights are given in Azure: Azure Event Hubs Data Receiver on the namespace, or an access policy with Listen."
        return Form(ACLS, says, ())
    return Form(ACLS, "What gives the missing rights (-o strimzi, -o iam for others):", tuple(acl_lines(report)))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.rstrip().split("\n"))


def principal_of(report: Preflight) -> str:
    """Who is to be given rights; a placeholder where it is not known from here."""
    name = report.vantage.principal
    return _UNNAMED if "(" in name or name == "User:ANONYMOUS" else name


def _operations(sights: Iterable[Sight]) -> dict[tuple[str, str], list[str]]:
    """Operations by resource, in the order of the rights."""
    by_resource: dict[tuple[str, str], list[str]] = {}
    for sight in sights:
        by_resource.setdefault((sight.resource, sight.name), []).append(sight.operation)
    return by_resource


def acl_lines(report: Preflight) -> list[str]:
    """Commands of Kafka's own tool that give what is missing, for a principal that may alter ACLs."""
    bootstrap = report.vantage.bootstrap or "HOST:PORT"
    lines: list[str] = []
    for (resource, name), operations in _operations(report.missing).items():
        of = _ACL_RESOURCE[resource] + ("" if resource == "Cluster" else f" '{name}'")
        wanted = " ".join(f"--operation {operation}" for operation in operations)
        lines.append(
            f"kafka-acls.sh --bootstrap-server {bootstrap} --command-config admin.properties "
            f"--add --allow-principal {_quote(principal_of(report))} {wanted} {of}"
        )
    return lines


def _quote(text: str) -> str:
    import shlex  # noqa: PLC0415

    return shlex.quote(text)


def strimzi_user(report: Preflight) -> str:
    """A KafkaUser for Strimzi's User Operator; a delegation token has no place in it."""
    name = principal_of(report).removeprefix("User:").removeprefix("CN=").partition(",")[0].lower()
    lines = [
        "apiVersion: kafka.strimzi.io/v1beta2",
        "kind: KafkaUser",
        "metadata:",
        f"  name: {name}",
        "  labels:",
        "    strimzi.io/cluster: YOUR-CLUSTER",
        "spec:",
        "  authorization:",
        "    type: simple",
        "    acls:",
    ]
    for (resource, of), operations in _operations(report.missing).items():
        if resource not in _STRIMZI:
            continue
        lines += ["      - resource:", f"          type: {_STRIMZI[resource]}"]
        if resource != "Cluster":
            lines += [f'          name: "{of}"', "          patternType: literal"]
        lines.append(f"        operations: [{', '.join(operations)}]")
    return "\n".join(lines) + "\n"


def iam_policy(report: Preflight) -> str:
    """An IAM policy for Amazon MSK with IAM access control; what that has no action for is left out."""
    by_kind: dict[str, list[str]] = {"cluster": ["kafka-cluster:Connect"]}
    for sight in report.missing:
        if (sight.operation, sight.resource) in _IAM:
            action, kind = _IAM[sight.operation, sight.resource]
            by_kind.setdefault(kind, []).append(action)
    statements = [
        {
            "Effect": "Allow",
            "Action": actions,
            "Resource": f"arn:aws:kafka:REGION:ACCOUNT:{kind}/CLUSTER-NAME/CLUSTER-UUID" + ("" if kind == "cluster" else "/*"),
        }
        for kind, actions in by_kind.items()
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
