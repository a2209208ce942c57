"""`kastellan probe`: where the way to a cluster breaks."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from kastellan.kernel.errors import UsageError
from kastellan.surfaces.cli.help_text import CONNECT
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster

PANEL = CONNECT

BROKEN = 10


class Form(StrEnum):
    """How the steps are printed."""

    TABLE = "table"
    JSON = "json"


@reads_cluster
def run(
    reach: ConnectionOptions,
    address: Annotated[
        str | None, typer.Argument(metavar="[HOST:PORT]", help="The address to test, instead of --bootstrap-server.")
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Test a connection layer by layer: DNS, TCP, TLS, Kafka, login, advertised listeners, rights, clock, latency.

    A failed layer comes with its remedy and with the messages of the Java client and of librdkafka for it.

    Examples:
      kastellan probe broker1:9092
      kastellan probe --command-config client.properties
      kastellan probe --context prod -o json

    Exit codes:
      0   every layer works
      10  a layer fails
    """
    if reach.saved:
        raise UsageError("probe tries the way to a live cluster; leave --bundle out")
    import asyncio

    from kastellan.app.probe import probe
    from kastellan.app.wiring import prober_for

    target, timeout_s = reach.target() if address is None else reach._replace(bootstrap=address).target()
    result = asyncio.run(probe(prober_for(target), target.bootstrap, timeout_s))
    code = BROKEN if result.broken else 0
    if output is Form.JSON:
        from kastellan.render.documents import ProbeDocument, json_text

        sys.stdout.write(json_text(ProbeDocument(exit_code=code, verdict=result.verdict, probe=result)) + "\n")
    else:
        from kastellan.surfaces.cli.screen import Screen
        from kastellan.surfaces.cli.show.probe_text import show

        screen = Screen.of()
        show(result, screen)
        sys.stdout.write(screen.text())
    sys.stdout.flush()
    raise typer.Exit(code)
