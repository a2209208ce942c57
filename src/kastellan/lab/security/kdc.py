"""Kerberos for one lab: a KDC of its own (Apache Kerby, as Apache Hadoop's tests start it), and a key table for each principal.

It is a process of the lab on loopback with its realm in memory, so it goes with the lab. Nothing of the machine's own Kerberos is
read or changed: Java is told where the lab's krb5.conf is, and other programs by `KRB5_CONFIG`.
"""

from __future__ import annotations

import os
import time

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab import processes
from kastellan.lab.jars import provide_kdc
from kastellan.lab.java import find_java
from kastellan.lab.model import KEYS, Lab, write_private
from kastellan.lab.security import keytabs
from kastellan.lab.security.logins import BROKER_PRINCIPAL, REALM
from kastellan.lab.security.principals import BROKER, CLIENTS, VIEWER, WRONG

_MAIN = "org.apache.hadoop.minikdc.MiniKdc"
_OPTIONS = ("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true")
_RUNS = "Standalone MiniKdc Running"
"""It says so once every principal is there and the key table is written."""
_START_S, _POLL_S = 60.0, 0.05
_TABLE = "all.keytab"


def start(lab: Lab, lock: int) -> None:
    """Start the KDC, wait until it serves, and write what clients and brokers need; nothing where a lab has no Kerberos.

    Raises `MissingTool` when its jars or Java cannot be had, `Unavailable` when it does not start.
    """
    if lab.krb5_conf is None:
        return
    folder = lab.dir / "kdc"
    folder.mkdir(mode=0o700)
    lab.krb5_conf.write_text(krb5_conf(lab.kdc))
    settings = folder / "kdc.properties"
    settings.write_text(kdc_properties(lab.kdc))
    broker = BROKER_PRINCIPAL.partition("@")[0]
    arguments = [str(folder), str(settings), str(folder / _TABLE), broker, *CLIENTS]
    processes.spawn(
        [str(find_java().program), *_OPTIONS, "-cp", provide_kdc(lambda _: None), _MAIN, *arguments],
        record=folder / "process", lock=lock, lab_dir=lab.dir, cwd=folder, output=folder / "output.log", env=os.environ,
    )  # fmt: skip
    _wait(lab)
    table = (folder / _TABLE).read_bytes()
    keys_by_principal = keytabs.split(table)
    for name, key in ((BROKER, broker), *((client, client) for client in CLIENTS)):
        write_private(lab.dir / KEYS / f"{name}.keytab", keys_by_principal[key])
    write_private(lab.dir / KEYS / f"{WRONG}.keytab", keytabs.spoil(keys_by_principal[VIEWER]))
    (folder / _TABLE).unlink()


def krb5_conf(place: str) -> str:
    """Where the realm's KDC is; names are taken as they are written, and asked of nobody."""
    return (
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_realm = false\n dns_lookup_kdc = false\n"
        " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
        f"[realms]\n {REALM} = {{\n  kdc = {place}\n }}\n"
    )


def kdc_properties(place: str) -> str:
    """The KDC's own settings."""
    host, _, port = place.rpartition(":")
    organisation, _, domain = REALM.partition(".")
    values = {
        "org.name": organisation,
        "org.domain": domain,
        "kdc.bind.address": host,
        "kdc.port": port,
        "transport": "TCP",
        "min.ticket.lifetime": "1",
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _wait(lab: Lab) -> None:
    folder = lab.dir / "kdc"
    deadline = Deadline.after(_START_S)
    identity = processes.wait_recorded(folder / "process", deadline)
    output = folder / "output.log"
    while _RUNS not in output.read_text(errors="replace"):
        if deadline.passed or processes.now(identity) is None:
            words = [
                line for line in output.read_text(errors="replace").splitlines() if line.strip() and not line.startswith("\t")
            ]
            msg = f"the lab's Kerberos did not start: {' / '.join(words[-2:]) or 'it said nothing'}"
            raise Unavailable(msg)
        time.sleep(_POLL_S)
