"""What asking cost the cluster: requests, bytes and the time that brokers spent on us."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


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
        whole = Cost()
        for each in self.by_api.values():
            whole = whole.plus(each)
        return whole

    def since(self, earlier: Costs) -> Costs:
        """What was spent after `earlier` was read from the same client."""
        spent = {name: cost.minus(earlier.by_api.get(name, Cost())) for name, cost in self.by_api.items()}
        return Costs({name: cost for name, cost in spent.items() if cost.requests})
