"""Other settings for one node, and its own again: the file as it was is kept beside it before it is changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from kastellan.lab import nodes
from kastellan.lab.faults._model import wait_healed
from kastellan.lab.model import Lab, Node, write_private


def restart_with(lab: Lab, node: Node, values: Mapping[str, str]) -> None:
    """Restart a node with these settings instead of its own, and wait until the cluster is whole but for them."""
    kept = _kept(node)
    if not kept.exists():
        part = kept.with_name(kept.name + ".part")
        shutil.copy2(_file(node), part)
        part.rename(kept)
    lines = [line for line in kept.read_text().splitlines() if line.partition("=")[0] not in values]
    write_private(_file(node), "\n".join([*lines, *(f"{key}={value}" for key, value in values.items())]) + "\n")
    nodes.restart(lab, node.id)
    wait_healed(lab)


def restore(lab: Lab, node: Node) -> None:
    """Give the node its own settings again and restart it with them; whatever part of the change was done."""
    kept = _kept(node)
    if kept.exists():
        part = kept.with_name(_file(node).name + ".part")
        shutil.copy2(kept, part)
        part.rename(_file(node))
        nodes.restart(lab, node.id)
    elif nodes.state(node) != "running":
        nodes.restart(lab, node.id)
    wait_healed(lab)
    kept.unlink(missing_ok=True)


def _file(node: Node) -> Path:
    return node.dir / "server.properties"


def _kept(node: Node) -> Path:
    return node.dir / "server.properties.own"
