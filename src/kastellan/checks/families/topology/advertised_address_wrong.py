"""A broker advertises an address that cannot be right.

**What it means.** Clients ask any broker for the cluster's addresses and then connect to each broker at the one that it
advertises. This one's is a loopback address or a name that does not resolve here, is the same as another broker's, or
it refuses connections though the cluster counts the broker as live. Clients reach the cluster, and then time out on
this broker's partitions. Nothing shows it on the brokers: they talk to each other by other listeners.

**What it looks like** Only in clients:

    WARN [NetworkClient] Connection to node 2 (localhost/127.0.0.1:9092) could not be established. Node may not be available.

**When it is wrong.** What is reachable is judged from here: behind a VPN, a port-forward or a name service of its own the
addresses may be right for the clients. So the severity is warning and never error. A broker that has just died refuses
connections, too, and is live for the cluster for some seconds more: that alone counts only if an earlier look, at least
`lasting_s` before, met it in the same way. On one machine, where all advertise loopback and answer, all is well.
"""

import ipaddress
from collections import Counter
from typing import Annotated, NamedTuple

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.kernel.addresses import address_text
from kastellan.kernel.outcome import Trouble
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Broker, Brokers

CHECK = Check(
    id="topology.advertised_address_wrong",
    title="Advertised address is wrong",
    severity=Severity.WARNING,
    observed="advertises {address}: {how}",
    expected="an address of its own that clients reach",
    impact="Clients time out on the partitions that this broker leads.",
    do="Compare advertised.listeners of this broker with the others', and try the address from a client's host. Correct it in "
    "the broker's properties, or where these are written, and restart it once its neighbours can bear that.",
    do_not="Do not restart it with the same configuration: it is healthy. Do not add the address to hosts "
    "files of clients: the next client has the same trouble.",
    verify="kastellan doctor --only topology.advertised_address_wrong,brokers.unreachable",
    undo="Set the former advertised.listeners again.",
    follows_from=("brokers.fenced",),
    settings=(
        Setting(
            name="lasting_s",
            default=30,
            unit="s",
            low=5,
            high=86_400,
            meaning="how long a live broker must have refused connections",
        ),
    ),
    references=("Kafka documentation, Broker configs: advertised.listeners",),
)

_NO_WAY = frozenset({Trouble.REFUSED.value, Trouble.UNREACHABLE.value, Trouble.SILENT.value})


def evaluate(
    brokers: Brokers,
    before: Annotated[Brokers, Earlier(min_s=30, setting="lasting_s")] | None,
    *,
    lasting_s: float,
) -> Verdicts:
    """Fails where the address shows by itself that it is wrong, or a live broker cannot be reached there for a while."""
    members = [broker for broker in brokers.rows if broker.registered is not False]
    shared = Counter((broker.host, broker.port) for broker in members if broker.host and broker.port is not None)
    elsewhere = any(_loopback(broker.host) is False for broker in members)
    # No broker gives clients the address of a broker that is not live; that of a live one may be the same as another's.
    all_seen = not brokers.unseen and all(
        (broker.host and broker.port is not None) or broker.listed is False for broker in members
    )
    around = _Around(frozenset(address for address, count in shared.items() if count > 1), elsewhere, all_seen)
    earlier = {row.broker: row for row in before.rows} if before else None
    rows = [_row(broker, around, earlier, lasting_s) for broker in brokers.rows]
    return Verdicts.rows("broker", rows, ("applies", "address", "how", "waits", "why"))


class _Around(NamedTuple):
    """The other brokers: addresses that two brokers advertise, whether one is not loopback, and whether all were seen."""

    doubled: frozenset[tuple[str | None, int | None]]
    elsewhere: bool
    all_seen: bool


def _row(broker: Broker, around: _Around, earlier: dict[int, Broker] | None, lasting_s: float) -> dict[str, object]:
    how = _plainly_wrong(broker, around)
    stays = _is_unreached(broker, earlier)
    judgeable = around.all_seen and broker.host is not None and broker.reached is not None
    waits = how is None and broker.reached is False and stays is None and earlier is None
    reason = f"needs an earlier look: it is live and does not answer from here; look again in {lasting_s:g} s, or use --watch"
    lost = f"{broker.trouble} from here, as at the earlier look, while the cluster counts the broker as live"
    return {
        "broker": broker.broker,
        "fails": True if how or (stays and broker.host) else stays if judgeable else None,
        # An id that only replicas name advertises nothing.
        "applies": broker.registered is not False,
        "address": address_text(broker.host, broker.port) if broker.host else "",
        "how": how or lost,
        "waits": waits,
        "why": reason if waits else None,
    }


def _plainly_wrong(broker: Broker, around: _Around) -> str | None:
    """Why one look is enough; None where it is not."""
    if (broker.host, broker.port) in around.doubled:
        return "another broker advertises the same"
    if _loopback(broker.host) and around.elsewhere:
        return "a loopback address, which every client takes for its own machine"
    if broker.reached is False and broker.trouble == Trouble.UNRESOLVED:
        return "the name has no address here"
    return None


def _is_unreached(broker: Broker, earlier: dict[int, Broker] | None) -> bool | None:
    """A live broker does not answer at its address, now and at the earlier look; None where that was not seen."""
    away = broker.fenced if broker.fenced is not None else None if broker.listed is None else not broker.listed
    if broker.reached is not False or away or (broker.trouble is not None and broker.trouble not in _NO_WAY):
        return False
    if earlier is None or away is None or broker.trouble is None:
        return None
    then = earlier.get(broker.broker)
    if then is None or then.reached is None:
        return None
    if then.reached:
        return False
    return None if then.fenced is None and then.listed is None else not then.fenced and then.trouble in _NO_WAY


def _loopback(host: str | None) -> bool | None:
    """The host can only be met on its own machine; None where there is no host."""
    if not host:
        return None
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
