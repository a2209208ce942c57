"""The one tree of errors. A docstring is the default message; it names the remedy.

KastellanError            exit 1   the tool failed
  UsageError              exit 2   what was typed cannot be done
    BadInput              exit 2   a file or value that was given is not usable
  Unavailable             exit 1   something outside did not serve us
    Unreachable           exit 1   no broker of the cluster answered
    MissingTool           exit 1   a program or package is not installed
  Garbled                 exit 1   a peer sent bytes that are not the protocol
  NotPermitted            exit 1   a mutating request without a permit
  Defect                  exit 1   our own contract was broken
"""

from __future__ import annotations

from typing import ClassVar


class KastellanError(Exception):
    """Kastellan failed; run again with --debug and report what it prints."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])

    @property
    def message(self) -> str:
        """One sentence for a person: the input, the place, the remedy."""
        return str(self.args[0])


class UsageError(KastellanError):
    """The command line cannot be carried out as typed; see --help."""

    exit_code = 2


class BadInput(UsageError):
    """A file or value that was given is not usable; correct it and run again."""


class Unavailable(KastellanError):
    """Something outside did not serve the request; check that it is up and reachable from here."""


class Unreachable(Unavailable):
    """No broker answered from here; check --bootstrap-server, the listener and the network between."""


class MissingTool(Unavailable):
    """A program that is needed is not installed; install it and run again."""


class Garbled(KastellanError):
    """The peer sent bytes that are not the Kafka protocol; check the port and the listener's security protocol."""


class NotPermitted(KastellanError):
    """A request that changes a cluster was made without a permit; nothing was sent."""


class Defect(KastellanError):
    """Kastellan broke one of its own contracts; please report this with the command that showed it."""
