"""The certificate of a broker's client listener has expired: nobody renewed it, and no client that verifies it connects any more.

Brokers and controllers go on with certificates of their own, so that the cluster is whole in its own eyes. On the broker there is
an INFO line for each client that gives up; clients say "certificate has expired" or only "SSL handshake failed".
"""

from __future__ import annotations

from datetime import UTC, datetime

from kastellan.kernel.errors import BadInput
from kastellan.lab import probe
from kastellan.lab.faults import _settings
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, choose_broker, wait
from kastellan.lab.model import KEYS, Lab, Node, write_private

FAULT = Fault(
    id="certificate_expired",
    title="The certificate of a broker's client listener has expired",
    fault_class="certificate-expired",
    kind="broker",
    needs="a secured lab",
)
_KEYS = "expired.pem"


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    if not lab.spec.is_secured:
        msg = f"{FAULT.id} needs certificates and lab {lab.name} has none; use a lab with --security sasl_ssl, mtls or oauth"
        raise BadInput(msg)
    victim = choose_broker(lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=f"the certificate at {victim.client} of broker {victim.id} expired an hour ago: clients that verify refuse it",
        details={"listener": victim.client or ""},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Restart the broker with an expired certificate on the clients' listener, and wait until clients refuse it."""
    from kastellan.lab.security.certificates import Authority, Span  # noqa: PLC0415 - an extra

    victim = lab.node(int(truth.key[0]))
    expired = Authority.load(lab.dir / KEYS).issue("broker", Span.in_the_past(datetime.now(UTC)), serves=True)
    write_private(victim.dir / _KEYS, expired)
    _settings.restart_with(lab, victim, {"listener.name.clients.ssl.keystore.location": str(victim.dir / _KEYS)})
    wait(lambda: "expired" in _objection(victim), "that the certificate is refused", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Restart it with its own certificate, and wait until clients accept it."""
    victim = lab.node(int(truth.key[0]))
    _settings.restore(lab, victim)
    wait(lambda: _objection(victim) == "", "that the certificate is accepted", HOLDS_S)
    (victim.dir / _KEYS).unlink(missing_ok=True)


def _objection(node: Node) -> str:
    return probe.objection(node.client or "", node.keys)
