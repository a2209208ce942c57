"""A principal: the ACLs that apply to it, how it can log in, and its quotas."""

from __future__ import annotations

from typing import Annotated

import polars as pl

from kastellan.app.description import Attribute, DescriptionParts, attribute, none_or_unseen, section
from kastellan.engine.needs import Keys
from kastellan.kernel.near_names import near_hint
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.model.tables.quotas import DEFAULT, Quotas
from kastellan.model.tables.scram_users import ScramUsers

WORD = "principal"
_EVERYBODY = "User:*"
_KEYS = ("authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found")


def build(
    name: str,
    acls: Acls | None,
    users: ScramUsers | None,
    quotas: Quotas | None,
    tokens: DelegationTokens | None,
    configs: Annotated[BrokerConfigs, Keys(*_KEYS)] | None,
) -> DescriptionParts:
    """Everything about a principal, written as User:alice or alice; nobody keeps a list of all principals."""
    name = name.strip()
    principal = name if ":" in name else f"User:{name}"
    user = principal.partition(":")[2]
    own = pl.col("principal").is_in([principal, _EVERYBODY])
    applying = (
        None
        if acls is None
        else acls.df.filter(own).sort(
            "permission", "resource_type", "resource", "operation", descending=[True, False, False, False]
        )
    )
    return DescriptionParts(
        name=principal,
        facts=(*_rights(principal, configs), attribute("ACLs that apply", _count(acls, applying))),
        sections=(
            section(
                "ACLs that apply", applying,
                ("permission", "operation", "resource_type", "resource", "pattern_type", "host", "principal"),
                none=none_or_unseen(acls),
            ),
            section(
                "SCRAM mechanisms", None if users is None else users.df.filter(pl.col("user") == user),
                ("mechanism", "iterations"), none=none_or_unseen(users),
            ),
            section(
                "Quotas, the most specific first", _quotas(quotas, user),
                ("entity", "quota", "value"), none=none_or_unseen(quotas),
            ),
            section(
                "Delegation tokens", None if tokens is None else tokens.df.filter(pl.col("owner") == principal),
                ("token_id", "expires_ms", "max_ms"), none=none_or_unseen(tokens),
            ),
        ),
        notes=_near(principal, acls, users),
    )  # fmt: skip


def _count(acls: Acls | None, applying: pl.DataFrame | None) -> int | None:
    return None if applying is None or acls is None or acls.unseen else applying.height


def _quotas(quotas: Quotas | None, user: str) -> pl.DataFrame | None:
    """Those of the user and the defaults of all users; of several that fit a connection the first one counts."""
    if quotas is None:
        return None
    own_quotas = quotas.df.filter(pl.col("user").is_in([user, DEFAULT]))
    return own_quotas.sort(
        pl.col("user") == DEFAULT, pl.col("client_id").replace_strict({DEFAULT: 1, "": 2}, default=0), "entity"
    )


def _rights(principal: str, configs: BrokerConfigs | None) -> tuple[Attribute, ...]:
    authorizer, supers, otherwise = (None if configs is None else _agreed_value(configs, key) for key in _KEYS)
    listed: bool | str | None = None if supers is None else principal in {text.strip() for text in supers.split(";")}
    if configs is not None and _kept_secret(configs, "super.users"):
        listed = "unknown: Kafka keeps super.users secret"
    if authorizer == "":
        return (attribute("authorizer", "none: everybody may do everything"),)
    return (
        attribute("authorizer", authorizer),
        attribute("super user", listed),
        attribute(
            "without a matching ACL", None if otherwise is None else "allowed" if otherwise.lower() == "true" else "denied"
        ),
    )


def _kept_secret(configs: BrokerConfigs, key: str) -> bool:
    """Kafka takes every key of an authorizer for a secret."""
    return bool(configs.df.filter((pl.col("config") == key) & pl.col("sensitive")).height)


def _agreed_value(configs: BrokerConfigs, key: str) -> str | None:
    """The value that all brokers have; None where one was not seen or they differ. Unset is empty."""
    rows = configs.df.filter(pl.col("config") == key)
    if not rows.height or not rows["seen"].all(ignore_nulls=False):
        return None
    values = set(rows["value"].fill_null(""))
    return values.pop() if len(values) == 1 else None


def _near(principal: str, acls: Acls | None, users: ScramUsers | None) -> tuple[str, ...]:
    """A hint where nothing names this principal: names are case-sensitive and easily mistyped."""
    named = set[str]() if acls is None else {str(text) for text in acls.df["principal"].drop_nulls()}
    named |= set[str]() if users is None else {f"User:{text}" for text in users.df["user"].drop_nulls()}
    if principal in named or not named:
        return ()
    hint = near_hint(principal, sorted(named))
    return (f"neither an ACL nor a SCRAM user names {principal}{hint and '; '}{hint}",)
