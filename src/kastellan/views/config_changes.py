"""Configs that a release deprecated or dropped, as the release data knows them."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Rows
from kastellan.reference.releases import ReleaseData


class ChangedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One config of a broker or a topic."""

    config: Annotated[str, About("name of the config")]
    scope: Annotated[str, About("broker or topic")]
    deprecated: Annotated[str | None, About("first line that calls it deprecated; null where no source says")] = None
    removed: Annotated[str | None, About("first line known not to know it any more; null while every line does")] = None
    planned: Annotated[str | None, About("line that is announced to remove it")] = None
    replacement: Annotated[str, About("what takes its place")]
    reported: Annotated[bool, About("DescribeConfigs reports whether it was set")]
    as_of: Annotated[str, About("day of the release data")]


class ConfigChanges(Rows[ChangedConfig], name="config_changes", key=("scope", "config"), row=ChangedConfig):
    """One row per changed config; not of the cluster, so nothing of it can be unseen."""


def config_changes(releases: ReleaseData) -> ConfigChanges:
    """The changed configs of the release data."""
    return ConfigChanges(
        ChangedConfig(
            config=change.config,
            scope=change.scope,
            deprecated=change.deprecated,
            removed=change.removed,
            planned=change.planned,
            replacement=change.replacement,
            reported=not change.hidden,
            as_of=releases.as_of.isoformat(),
        )
        for change in releases.configs
    )
