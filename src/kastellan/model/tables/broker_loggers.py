"""Log levels of brokers."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class BrokerLoggers(
    Frame,
    name="broker_loggers",
    key=("broker", "logger"),
    collection=Collection(
        requests=("DescribeConfigs",), right=DESCRIBE_CLUSTER_CONFIGS, probes_right=True, refresh_s=60.0, spare_rank=1
    ),
    listing=Listing(aliases=("loggers", "logger", "log-levels"), noun="broker"),
):
    """One row per broker and logger, from the BROKER_LOGGER configs; a broker that did not tell has a placeholder."""

    broker = column(pl.Int32, "node id")
    logger = column(
        pl.String,
        "name of the logger; root for the rest",
        text=TextKind.WORD,
        shape=r"(root|(org\.apache\.kafka|kafka|state\.change|org\.eclipse\.jetty|io\.netty)[\w.$]*)",
    )
    level = column(pl.String, "level in force: FATAL, ERROR, WARN, INFO, DEBUG, TRACE, OFF", text=TextKind.WORD)
