"""A broker's certificate is about to expire, or has expired.

**What it means.** From the moment on which a certificate ends, clients and other brokers refuse it: new connections fail at
once, and those that are open fail when they are re-created. Usually all brokers got their certificates on the same day, and so
lose them on the same day.

**What it looks like**

    $ openssl s_client -connect b1:9093 </dev/null 2>/dev/null | openssl x509 -noout -subject -enddate
    subject=CN = b1.kafka.example
    notAfter=Dec 10 09:00:00 2026 GMT

In a client's log, afterwards:

    ERROR [Producer clientId=p-1] Connection to node -1 failed authentication: SSL handshake failed
    (PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed)

**When it is wrong.** Where something renews certificates by itself (cert-manager, Strimzi), it mostly does so at two thirds of
their life: then raise no alarm before it had its chance (`--set security.certificates_near_expiry.days=10`). What is seen
is the certificate of the listener by which the broker is reached from here, and by our clock; a proxy in between presents
its own. Intermediate and root certificates are not looked at. A certificate that was refused here is named with the broker.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Moment
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.certificates import Certificates

CHECK = Check(
    id="security.certificates_near_expiry",
    title="A broker's certificate ends soon",
    severity=Severity.WARNING,
    observed="{subject} {ends}",
    expected="more than {days:g} days left",
    impact="From then on clients and other brokers refuse the broker.",
    do=(
        "Renew the certificate and put it into the broker's keystore. Kafka takes up a keystore of the same path without a "
        "restart: kafka-configs.sh --alter --entity-type brokers --entity-name ID --add-config "
        "listener.name.LISTENER.ssl.keystore.location=PATH."
    ),
    do_not=(
        "Do not change the authority at the same time: first let every truststore trust the new one, and roll, then use "
        "certificates of it."
    ),
    verify="kastellan doctor --only security.certificates_near_expiry",
    undo="Put the former keystore back while its certificate is still valid.",
    settings=(Setting(name="days", default=30, unit="days", meaning="fewer days left are a finding", low=1, high=3650),),
    references=("KIP-226", "Kafka documentation, Security: updating SSL keystore of an existing listener"),
)
_DAY_MS = 86_400_000


def evaluate(brokers: Brokers, certificates: Certificates, now: Moment, *, days: float) -> Verdicts:
    """Fails where the end is near or past; null where no certificate was seen. Not applicable without TLS."""
    left_days = (pl.col("not_after_ms") - now.at_ms) / _DAY_MS
    over = left_days < 0
    whole_days = left_days.abs().floor().cast(pl.Int64)
    left_text = (
        pl.when(over).then(pl.format("ended {} days ago", whole_days)).when(whole_days == 1).then(pl.lit("ends in 1 day"))
        .otherwise(pl.format("ends in {} days", whole_days))
    )  # fmt: skip
    return Verdicts(
        "broker",
        brokers.df.select("broker")
        .join(certificates.df, on="broker", how="left")
        .select(
            "broker",
            (left_days < days).alias("fails"),
            pl.col("tls").alias("applies"),
            severity=pl.when(over).then(pl.lit(Severity.ERROR.value)).otherwise(pl.lit(Severity.WARNING.value)),
            subject="subject",
            issuer="issuer",
            ends=left_text,
            self_signed="self_signed",
        ),
    )
