"""A secret stands readable in the configs of a broker.

**What it means.** Kafka returns the value of a password to nobody. Where an answer has one all the same (another product than
Apache Kafka, or a name and password inside a URL) everybody who may describe configs reads it: monitoring, consoles, this
program. The value is not kept and not shown here; consider it known.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep token.endpoint
      sasl.oauthbearer.token.endpoint.url=https://kafka:...@idp/token sensitive=false ...

**When it is wrong.** A placeholder that is resolved on the broker (a reference to a file or a variable) looks like a
value. Only some configs are asked for, those that hold secrets by their name and the URLs of OAUTHBEARER; listener-wise
ones and those of plug-ins are not. What Kafka keeps in its metadata log lies there unencrypted: guard the disks of controllers.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.config_secrets import NOT_KEPT
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs

SECRET_CONFIGS = (
    *("sasl.jaas.config", "ssl.key.password", "ssl.keystore.password", "ssl.keystore.key", "ssl.truststore.password"),
    *("delegation.token.secret.key", "sasl.oauthbearer.client.credentials.client.secret"),
    *("sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.jwks.endpoint.url"),
)
CHECK = Check(
    id="security.secrets_readable_in_configs",
    title="A secret is readable in the brokers' configs",
    severity=Severity.WARNING,
    observed="readable on {count} of {brokers} brokers",
    expected="hidden by the broker, or not there",
    impact="Whoever may describe configs knows it.",
    do="Change the secret where it is valid, then set the new one in a way that the broker hides (a password config, a file).",
    do_not="Do not only remove it from the config: it was readable, and stays valid until it is changed.",
    verify="kastellan doctor --only security.secrets_readable_in_configs",
    # One broker that returns it is enough.
    monotone=True,
    references=("KIP-226", "Kafka documentation, Security"),
)


def evaluate(configs: Annotated[BrokerConfigs, Keys(*SECRET_CONFIGS)]) -> Verdicts:
    """Fails where a broker returned a secret; null where none did and one did not say whether it hides it."""
    value, source = pl.col("value"), pl.col("source")
    unset = pl.col("seen") & value.is_null() & (source.is_null() | (source == "default"))
    kept_away = value.str.contains(NOT_KEPT, literal=True)
    readable = pl.when(kept_away.is_not_null()).then(kept_away).when(pl.col("sensitive") | unset).then(False)
    answered = (
        configs.df.lazy().group_by("config").agg(fails=readable.any(ignore_nulls=False), count=readable.sum(), brokers=pl.len())
    )
    wanted = pl.LazyFrame({"config": SECRET_CONFIGS})
    return Verdicts("broker_config", wanted.join(answered, on="config", how="left", maintain_order="left"))
