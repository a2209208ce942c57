"""`kastellan lab`: a real Kafka cluster on this machine, its load and its faults."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput, KastellanError
from kastellan.surfaces.cli.completion import complete_fault
from kastellan.surfaces.cli.help_text import LAB

if TYPE_CHECKING:
    from kastellan.lab.cluster import LabStatus
    from kastellan.lab.model import Lab

PANEL = LAB

_HELP = """Run a real Kafka cluster on this machine, with load and with faults.

Examples:
  kastellan lab up --brokers 3
  kastellan lab load --wait
  kastellan lab fault broker_killed
  kastellan lab down
"""
app = typer.Typer(name="lab", help=_HELP, no_args_is_help=True)

Name = Annotated[str, typer.Option("--name", help="Name of the lab.")]


def _say(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
def up(
    name: Name = "lab",
    brokers: Annotated[int, typer.Option(help="Number of brokers (1 to 9).")] = 3,
    controllers: Annotated[
        str, typer.Option(help="'combined' with the brokers, or the number of separate controllers.")
    ] = "combined",
    racks: Annotated[int, typer.Option(help="Number of racks.")] = 3,
    log_dirs: Annotated[int, typer.Option("--log-dirs", help="Number of log directories of each broker.")] = 1,
    kafka: Annotated[str, typer.Option(help="Kafka version: 4, 3.9, or 3.9-zk (with ZooKeeper).")] = "4",
    security: Annotated[
        str, typer.Option(help="Security of the client listeners: plaintext, sasl_ssl, mtls, oauth or kerberos.")
    ] = "plaintext",
    reauthenticate: Annotated[
        int,
        typer.Option(metavar="SECONDS", help="Time after which clients must log in again; 0: when the credential expires."),
    ] = 0,
) -> None:
    """Start a cluster, and return when every broker serves clients; a running one is left as it is.

    Examples:
      kastellan lab up
      kastellan lab up --brokers 5 --controllers 3 --kafka 3.9
      kastellan lab up --security sasl_ssl --name secured
    """
    from kastellan import lab as labs

    started = time.monotonic()
    spec = labs.LabSpec(
        name=name, brokers=brokers, controllers=_controllers(controllers), racks=min(racks, brokers),
        log_dirs=log_dirs, kafka=kafka, security=security, reauthenticate_ms=reauthenticate * 1000,
    )  # fmt: skip
    lab = labs.up(spec, _say)
    _say(f"lab {lab.name}: Kafka {lab.kafka}, {len(lab.nodes)} nodes, ready after {time.monotonic() - started:.1f} s")
    for line in _addresses(lab):
        typer.echo(line)
    if lab.krb5_conf:
        _say(f"its realm is told by the environment: export KRB5_CONFIG={lab.krb5_conf}")


@app.command()
def status(name: Annotated[str | None, typer.Option("--name", help="Name of the lab; without it all are shown.")] = None) -> None:
    """Show the labs of this machine; labs whose owner process has ended are removed first.

    Examples:
      kastellan lab status
    """
    from kastellan import lab as labs

    labs.sweep(_say)
    wanted = labs.names() if name is None else [name]
    if not wanted:
        _say("no lab is running; start one with `kastellan lab up`")
    for lab_name in wanted:
        status = labs.status(lab_name)
        if status is None:
            msg = f"there is no lab {lab_name}; start it with `kastellan lab up --name {lab_name}`"
            raise BadInput(msg)
        _show(status)


@app.command()
def logs(
    node: Annotated[int | None, typer.Argument(help="Node id; without it all nodes.")] = None,
    name: Name = "lab",
    lines: Annotated[int, typer.Option("-n", "--lines", help="Number of lines of each node.")] = 20,
) -> None:
    """Print the last lines of the server logs.

    Examples:
      kastellan lab logs
      kastellan lab logs 2 -n 100
    """
    from kastellan import lab as labs

    lab = labs.find(name)
    if lab is None:
        msg = f"there is no lab {name}; start it with `kastellan lab up --name {name}`"
        raise BadInput(msg)
    for member in lab.nodes if node is None else (lab.node(node),):
        _say(f"--- node {member.id}: {member.server_log}")
        for line in labs.log_tail(member, lines):
            typer.echo(line)


@app.command()
def load(
    name: Name = "lab",
    wait: Annotated[bool, typer.Option("--wait", help="Return when every producer and every group makes progress.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the load; topics and committed offsets stay.")] = False,
) -> None:
    """Run producers and consumer groups of several kinds in the background.

    Examples:
      kastellan lab load --wait
      kastellan lab load --stop
    """
    from kastellan import lab as labs
    from kastellan.lab import load as loads

    lab = labs.need(name)
    if stop:
        _say(f"the load of lab {name} has ended" if loads.stop(lab) else f"lab {name} has no load; nothing to do")
        return
    plan, fresh = loads.start(lab)
    _say(f"the load of lab {name} {'has started' if fresh else 'is running already'}")
    if wait:
        _say(f"all {len(loads.wait_moving(lab).moving)} parts move")
    for topic in plan.topics:
        typer.echo(
            f"topic {topic.name} {topic.partitions} partitions x {topic.replication_factor}{'' if topic.moves else ', idle'}"
        )
    for group in plan.groups:
        pace = "keeps up" if group.keeps_up else "falls behind"
        typer.echo(f"group {group.name} {group.kind}, {group.members} members on {','.join(group.topics)}, {pace}")


@app.command()
def fault(
    fault_id: Annotated[
        str | None, typer.Argument(metavar="[FAULT]", autocompletion=complete_fault, help="Id of a fault; see --list.")
    ] = None,
    name: Name = "lab",
    node: Annotated[int | None, typer.Option("--node", help="Node id; without it the fault chooses.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Undo this fault, or all, and wait for the recovery.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List all faults, and those that are injected.")] = False,
) -> None:
    """Inject a fault and print what it affects, or undo it.

    Examples:
      kastellan lab fault --list
      kastellan lab fault broker_killed --node 2
      kastellan lab fault --undo
    """
    from kastellan import lab as labs
    from kastellan.lab import injection

    if show:
        _show_faults(name)
        return
    lab = labs.need(name)
    if undo:
        undone = injection.undo(lab, fault_id)
        _say("\n".join(f"{truth.fault} is undone" for truth in undone) or f"lab {name} has no such fault; nothing to do")
        return
    if fault_id is None:
        msg = f"name a fault ({', '.join(injection.catalogue())}), or use --list or --undo"
        raise BadInput(msg)
    truth = injection.inject(lab, fault_id, node)
    typer.echo(f"injected {truth.fault}: {truth.effect}")
    typer.echo(f"truth    {truth.fault_class} on {truth.kind} {_key(truth.key)}")
    for kind, key in truth.hurt:
        typer.echo(f"hurt     {kind} {_key(key)}")
    _say(f"next     kastellan doctor {_addresses(lab)[0]}")
    _say(f"undo     kastellan lab fault --undo{'' if name == 'lab' else f' --name {name}'}")


@app.command()
def down(
    name: Name = "lab",
    everything: Annotated[bool, typer.Option("--all", help="Remove every lab of this user.")] = False,
) -> None:
    """Stop a lab and remove all its processes and files.

    Examples:
      kastellan lab down
      kastellan lab down --all
    """
    from kastellan import lab as labs

    for lab_name in labs.names() if everything else [name]:
        _say(f"lab {lab_name} is down" if labs.down(lab_name) else f"there is no lab {lab_name}; nothing to do")


def _key(key: tuple[str | int, ...]) -> str:
    return "-".join(str(part) for part in key)


def _show_faults(name: str) -> None:
    from kastellan import lab as labs
    from kastellan.lab import injection

    for fault_id, module in injection.catalogue().items():
        needs = f" (needs {module.FAULT.needs})" if module.FAULT.needs else ""
        typer.echo(f"{fault_id:<20} {module.FAULT.title}{needs}")
    lab = labs.find(name)
    for truth in injection.active(lab) if lab else ():
        state = "holds" if truth.holds else "was begun"
        typer.echo(f"injected in lab {name}: {truth.fault} on {truth.kind} {_key(truth.key)}, {state}")


def _addresses(lab: Lab) -> list[str]:
    """What to type after a command: one line in a lab in plain text, else one for each principal."""
    where = f"--bootstrap-server {lab.bootstrap}"
    if not lab.spec.is_secured:
        return [where]
    from kastellan.lab.security.principals import CLIENTS, WRONG

    return [f"{where} --command-config {lab.command_config(principal)}" for principal in (*CLIENTS, WRONG)]


def _controllers(text: str) -> int | None:
    if text == "combined":
        return None
    if text.isdigit():
        return int(text)
    msg = f"--controllers {text!r} is neither 'combined' nor a number"
    raise BadInput(msg)


def _show(status: LabStatus) -> None:
    from kastellan.kernel.units import bytes_text

    typer.echo(f"lab {status.name}: {status.state}")
    if status.reason:
        typer.echo(f"  {status.reason}")
    if status.lab is None:
        return
    total = sum(member.rss_bytes for member in status.nodes)
    typer.echo(f"  Kafka {status.lab.kafka}, cluster {status.lab.cluster_id}, {bytes_text(total)} of memory, {status.dir}")
    for member in status.nodes:
        node = member.node
        where = " ".join(
            f"{label} {address}"
            for label, address in (
                ("clients", node.client),
                ("brokers", node.broker),
                ("controllers", node.controller),
                ("zookeeper", node.zookeeper),
            )
            if address
        )
        typer.echo(f"  node {node.id} {'+'.join(node.roles)} {node.rack or '-'} {member.state} pid {node.pid or '-'} {where}")
    for line in _addresses(status.lab):
        typer.echo(f"  {line}")
    if status.lab.krb5_conf:
        typer.echo(f"  KRB5_CONFIG={status.lab.krb5_conf}")


if __name__ == "__main__":
    try:
        app()
    except KastellanError as problem:
        _say(f"kastellan: {problem.message}")
        sys.exit(problem.exit_code)
