"""Everybody, or a client without a name, is a super user.

**What it means.** A super user passes every check of rights. User:* makes everybody one, and User:ANONYMOUS makes those so who
come over a listener without a login: the authorizer is then a decoration.

**What it looks like**

    super.users=User:kafka;User:ANONYMOUS

**When it is wrong.** On the way from no security to some, User:ANONYMOUS is often a super user for as long as brokers still
talk over PLAINTEXT. Kafka takes the setting for one that it does not know and keeps its value secret: usually it tells only
that super users are set, and the answer is unknown; look into the properties. Where it is readable, all are listed.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs

KEY = "super.users"
CHECK = Check(
    id="security.super_users",
    title="Everybody is a super user",
    severity=Severity.WARNING,
    observed="super.users holds {everybody}; all of them: {all_users}",
    expected="named principals only",
    impact="Whoever is meant by it passes every check of rights.",
    do="Give the principals that need it their own names and rights, take the broad one out of super.users, and roll the nodes.",
    do_not="Do not take out the principal by which brokers or controllers know each other: they would be refused.",
    verify="kastellan doctor --only security.super_users",
    undo="Put it back into super.users and roll the nodes.",
    monotone=True,
    references=("Kafka documentation, Security: authorization and ACLs",),
)
_EVERYBODY = frozenset({"User:*", "User:ANONYMOUS"})
_HIDDEN = "super.users is set, and Kafka does not return the value; look into the brokers' properties"


def evaluate(configs: Annotated[BrokerConfigs, Keys(KEY)]) -> Verdicts:
    """Fails where a broker names everybody; null where its setting was not seen."""
    rows = configs.df.filter(config=KEY).select("value", "seen", "source").rows()
    users = {user.strip() for value, _, _ in rows for user in (value or "").split(";") if user.strip()}
    absent = [bool(answered) and value is None and source is None for value, answered, source in rows]
    all_seen = bool(rows) and all(value is not None or gone for (value, _, _), gone in zip(rows, absent, strict=True))
    hidden = any(value is None and source is not None for value, _, source in rows)
    everybody = sorted(users & _EVERYBODY)
    return Verdicts.cluster(
        fails=True if everybody else False if all_seen else None,
        why=_HIDDEN if hidden and not everybody else None,
        everybody=", ".join(everybody),
        all_users=", ".join(sorted(users)),
    )
