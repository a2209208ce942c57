"""What asking cost the cluster: requests, bytes and the time that brokers spent on us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from kastellan.wire.kafka.api import api_name


class Cost(msgspec.Struct, frozen=True):
    """The bill of one kind of request. `broker_ms` is the time the brokers had nothing else to do for us."""

    requests: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    broker_ms: float = 0.0

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(
            self.requests + other.requests,
            self.bytes_out + other.bytes_out,
            self.bytes_in + other.bytes_in,
            self.broker_ms + other.broker_ms,
        )

    def minus(self, other: Cost) -> Cost:
        """What came on top of an earlier bill."""
        return self.plus(Cost(-other.requests, -other.bytes_out, -other.bytes_in, -other.broker_ms))


class Costs(msgspec.Struct, frozen=True):
    """The bill by kind of request, for example {"Metadata": Cost(...)}."""

    by_api: Mapping[str, Cost] = {}

    @property
    def total(self) -> Cost:
        """All kinds together."""
        total = Cost()
        for cost in self.by_api.values():
            total = total.plus(cost)
        return total

    def since(self, earlier: Costs) -> Costs:
        """What was spent after `earlier` was read from the same client."""
        spent = {name: cost.minus(earlier.by_api.get(name, Cost())) for name, cost in self.by_api.items()}
        return Costs({name: cost for name, cost in spent.items() if cost != Cost()})


class _Count:
    """A bill that grows: a large cluster is asked hundreds of times in a look."""

    __slots__ = ("broker_ms", "bytes_in", "bytes_out", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.bytes_out = 0
        self.bytes_in = 0
        self.broker_ms = 0.0


class Meter:
    """Counts what the connections of one client send and receive.

    Every request that is written counts, once for each time that it is written: ApiVersions and the messages of a login
    too, and requests whose answer nobody waits for any more. What was never written does not count.
    """

    def __init__(self) -> None:
        self._by_api: defaultdict[int, _Count] = defaultdict(_Count)

    def count_request(self, api: int, bytes_out: int) -> None:
        """One question was written."""
        count = self._by_api[api]
        count.requests += 1
        count.bytes_out += bytes_out

    def count_answer(self, api: int, bytes_in: int, broker_ms: float) -> None:
        """Its answer came, wanted or not."""
        count = self._by_api[api]
        count.bytes_in += bytes_in
        count.broker_ms += broker_ms

    def costs(self) -> Costs:
        """The bill so far."""
        return Costs(
            {
                api_name(api): Cost(count.requests, count.bytes_out, count.bytes_in, count.broker_ms)
                for api, count in self._by_api.items()
            }
        )
