"""What is judged of a cluster: the checks, their settings, and what was decided beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kastellan.checks.catalogue import RegisteredCheck
from kastellan.checks.evaluate import Settings
from kastellan.engine.needs import Views
from kastellan.engine.requests import TableRequests, merge_requests, request_tables, requests_of
from kastellan.findings.waivers import NO_POLICY, Policy
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.model.tables.topics import Topics
from kastellan.reference.providers import Provider
from kastellan.reference.reference_data import ReferenceData
from kastellan.views.catalogue import all_views

_HEADER_TABLES = (ApiVersions, Brokers, BrokerFeatures, Features, Quorum, QuorumNodes, Topics, Partitions)
"""The tables behind the header of every report."""


class CheckPlan(msgspec.Struct, frozen=True):
    """The checks to run, the user's settings, the waivers and severities, and who is said to run the cluster."""

    checks: Mapping[str, RegisteredCheck]
    reference: ReferenceData
    settings: Settings = {}
    policy: Policy = NO_POLICY
    provider: Provider | None = None

    @property
    def requests(self) -> TableRequests:
        """What must be collected: what the checks need, and what the header of every report shows."""
        return merge_requests(
            requests_of((check.evaluate for check in self.checks.values()), self.views),
            request_tables(*(table.name for table in _HEADER_TABLES)),
        )

    @property
    def views(self) -> Views:
        """The views that the checks may need."""
        return all_views(self.reference.releases)
