"""Log levels of brokers."""

import polars as pl

from kastellan.model.table import Frame, column


class BrokerLoggers(Frame, name="broker_loggers", key=("broker", "logger")):
    """One row per broker and logger, from the BROKER_LOGGER configs; a broker that did not tell has a placeholder."""

    broker = column(pl.Int32, "node id")
    logger = column(pl.String, "name of the logger; root for the rest")
    level = column(pl.String, "level in force: FATAL, ERROR, WARN, INFO, DEBUG, TRACE, OFF")
