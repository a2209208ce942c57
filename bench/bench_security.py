"""What TLS and logins cost: a warm core cycle, and the opening of a connection, against plaintext in the same run.

    python bench/bench_security.py [--rounds=N]

Each way in is tried on fakes: of L's shape (3 brokers, 30 000 partitions, 1 000 groups) for the cycles, and of 50 brokers
with next to nothing on them for the connections, of which one to each broker and one to the bootstrap address is opened.
Certificates have P-256 keys made on the spot; SCRAM has Kafka's default of 4 096 iterations. Only our own CPU is measured.
Rounds take turns between the ways in.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from contestants import Child, Cycle
from fakes import Fakes, Guarded
from options import options
from results import Bar, finish, spread, table
from workload import TIERS, Tier

from kastellan.testing.certificates import Authority

_BROKERS, _DOORS = 3, 50
_WARM: Final = 3
_PLAIN: Final = "plaintext"
_USER, _PASSWORD = "bench", "not a secret: of a fake that is gone"
_MOST_TIMES: Final = 2.5
"""A warm cycle over TLS, to one in plaintext: what is received is decrypted once and copied once more."""


class Way(msgspec.Struct, frozen=True):
    """One way in: what the fakes want, and what the client is configured with."""

    guarded: Guarded
    properties: Mapping[str, str]


def ways(folder: Path) -> dict[str, Way]:
    """All that are compared, by name, with their certificates written into the folder."""
    authority = Authority()
    files = {"ca": authority.pem}
    for name in ("server", "client"):
        issued = authority.issue(name)
        files[name] = issued.key + issued.certificate
    paths = {name: folder / f"{name}.pem" for name in files}
    for name, text in files.items():
        paths[name].write_text(text, encoding="ascii")
    trust = {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(paths["ca"])}
    ours = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(paths["client"])}
    server = str(paths["server"])
    way_by_name = {
        _PLAIN: Way(Guarded(), {}),
        "TLS": Way(Guarded(server), {"security.protocol": "SSL", **trust}),
        "mTLS": Way(Guarded(server, str(paths["ca"])), {"security.protocol": "SSL", **trust, **ours}),
    }
    for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
        module = "plain.PlainLoginModule" if mechanism == "PLAIN" else "scram.ScramLoginModule"
        login = {
            "sasl.mechanism": mechanism,
            "sasl.jaas.config": f'org.apache.kafka.common.security.{module} required username="{_USER}" password="{_PASSWORD}";',
        }
        users = {_USER: _PASSWORD}
        way_by_name[f"{mechanism} in plaintext"] = Way(
            Guarded(None, None, (mechanism,), users), {"security.protocol": "SASL_PLAINTEXT", **login}
        )
        way_by_name[f"{mechanism} over TLS"] = Way(
            Guarded(server, None, (mechanism,), users), {"security.protocol": "SASL_SSL", **trust, **login}
        )
    return way_by_name


def measure_cycles(rounds: int) -> tuple[dict[str, list[Cycle]], dict[str, list[Cycle]]]:
    """Warm cycles of every way in, and looks that open every connection anew."""
    warm, cold = dict[str, list[Cycle]](), dict[str, list[Cycle]]()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kastellan-bench-")))
        children, doors = dict[str, Child](), dict[str, Child]()
        for number, (name, way) in enumerate(ways(folder).items()):
            guard, client = folder / f"{number}.json", folder / f"{number}.properties"
            guard.write_bytes(msgspec.json.encode(way.guarded))
            client.write_text("".join(f"{key}={value}\n" for key, value in way.properties.items()), encoding="utf-8")
            for of, contestant, brokers, tier in (
                (children, "kastellan", _BROKERS, TIERS["L"]),
                (doors, "kastellan-doors", _DOORS, Tier("doors", 1, 1, 0)),
            ):
                fakes = stack.enter_context(Fakes(brokers, tier, guard))
                of[name] = stack.enter_context(Child(contestant, fakes.bootstrap, json.dumps({}), str(client)))
                for _ in range(_WARM):
                    of[name].cycle()
        for number in range(rounds):
            for name in list(children) if number % 2 else list(reversed(children)):
                cold.setdefault(name, []).append(doors[name].cycle("cold"))
                last = children[name].cycle("check" if number == rounds - 1 else "go")
                warm.setdefault(name, []).append(last)
                if last.observation is not None and last.observation.partitions != TIERS["L"].partitions:
                    raise SystemExit(f"bench: {name}: {last.observation.partitions} partitions seen")
    return {name: warm[name] for name in children}, {name: cold[name] for name in children}


def main(words: Sequence[str]) -> int:
    """Measure every way in."""
    warm, cold = measure_cycles(options(words, "L", __doc__).rounds or 9)
    connections = _DOORS + 1
    cpu = {name: median(cycle.cpu_s for cycle in cycles) for name, cycles in warm.items()}
    least = {name: min(cycle.cpu_s for cycle in cycles) for name, cycles in cold.items()}
    rows = [
        [
            name, spread([cycle.cpu_s for cycle in cycles]), f"{cpu[name] / cpu[_PLAIN]:.2f}",
            spread([cycle.cpu_s * 1_000 / connections for cycle in cold[name]], 2),
            f"{1_000 * (least[name] - least[_PLAIN]) / connections:+.2f}",
        ]
        for name, cycles in warm.items()
    ]  # fmt: skip
    head = ("way in", "warm, CPU s min / median", "to plaintext", "a connection, CPU ms min / median", "least, to plaintext")
    figures = {kind: {name: [cycle.cpu_s for cycle in cycles] for name, cycles in of_kind.items()}
               for kind, of_kind in (("warm_cpu_s", warm), ("opening_cpu_s", cold))}  # fmt: skip
    bar = Bar("L, warm: CPU over TLS to plaintext", cpu["TLS"] / cpu[_PLAIN], _MOST_TIMES)
    return finish("security", "What TLS and logins cost", table(head, rows), [bar], figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
