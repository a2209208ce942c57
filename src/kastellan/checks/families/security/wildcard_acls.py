"""An ACL gives everybody rights on everything of a kind, or on the cluster.

**What it means.** The principal User:* is everybody who can connect. A right of it to write, change or delete on the
resource *, or on the cluster, makes the other ACLs pointless: anyone who is not named has it as well.

**What it looks like**

    $ kafka-acls.sh --bootstrap-server b1:9092 --list
    Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=*, patternType=LITERAL)`:
        (principal=User:*, host=*, operation=ALL, permissionType=ALLOW)

**When it is wrong.** To see (DESCRIBE, DESCRIBE_CONFIGS) and to read everywhere is often meant to be open inside a
company: that has severity info. A rule for one host is one as well. Rules of another authorizer than Kafka's own are seen
as far as it lists them.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.acls import Acls

CHECK = Check(
    id="security.wildcard_acls",
    title="An ACL gives everybody rights on everything",
    severity=Severity.WARNING,
    observed="User:* may {operation} on {what} from {where}",
    expected="rights for named principals, on named resources or prefixes",
    impact="Whoever can connect has this right, whatever the other ACLs say.",
    do=(
        "Give the applications that use it their own ACLs first (the authorizer's log at INFO names who is allowed by which "
        "rule), then remove this one with kafka-acls.sh --remove."
    ),
    do_not="Do not remove it before that: anyone who depends on it is refused at once.",
    verify="kastellan doctor --only security.wildcard_acls",
    undo="Add the same ACL again with kafka-acls.sh --add.",
    references=("Kafka documentation, Security: authorization and ACLs",),
)
_HARMLESS = ("describe", "describe-configs", "read")


def evaluate(acls: Acls) -> Verdicts:
    """Fails for each rule that allows everybody something on every resource of a type or on the cluster."""
    everybody = (pl.col("principal") == "User:*") & (pl.col("permission") == "allow")
    broad = (pl.col("resource") == "*") | (pl.col("resource_type") == "cluster")
    harmless = pl.col("operation").is_in(_HARMLESS) | (pl.col("host") != "*")
    cluster = pl.col("resource_type") == "cluster"
    return Verdicts(
        "acl",
        acls.df.lazy().select(
            *("resource_type", "resource", "pattern_type", "principal", "host", "operation", "permission"),
            (everybody & broad).alias("fails"),
            severity=pl.when(harmless).then(pl.lit(Severity.INFO.value)).otherwise(pl.lit(Severity.WARNING.value)),
            what=pl.when(cluster).then(pl.lit("the cluster")).otherwise(pl.format("every {}", "resource_type")),
            where=pl.when(pl.col("host") == "*").then(pl.lit("anywhere")).otherwise(pl.col("host")),
        ),
    )
