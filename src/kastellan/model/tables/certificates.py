"""Certificates that brokers present."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Collection, Rows
from kastellan.model.text_kind import TextKind


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What one broker presented on the listener by which it was reached from here."""

    broker: Annotated[int, About("node id")]
    address: Annotated[str | None, About("host and port that were connected to", text=TextKind.ADDRESSES)] = None
    tls: Annotated[bool | None, About("the connection is encrypted; without, there is no certificate; null when not met")] = None
    subject: Annotated[str | None, About("whose certificate it says it is", text=TextKind.TEXT)] = None
    issuer: Annotated[str | None, About("who signed it", text=TextKind.TEXT)] = None
    names: Annotated[str | None, About("names and addresses that it is for, with commas between", text=TextKind.ADDRESSES)] = None
    not_before_ms: Annotated[int | None, About("from when it is valid", "epoch ms")] = None
    not_after_ms: Annotated[int | None, About("until when it is valid", "epoch ms")] = None
    self_signed: Annotated[bool | None, About("subject and issuer are the same")] = None
    answer: Annotated[int | None, About("id of the Answer by which it was met")] = None


class Certificates(
    Rows[Certificate], name="certificates", key=("broker",), row=Certificate, collection=Collection(requests=("ApiVersions",))
):
    """One row per broker, from the TLS handshake; other listeners of the broker may present another certificate."""
