"""What may be typed behind the name of a comparison; the tiers may come from the environment's TIER too."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import msgspec
from workload import TIERS


class Options(msgspec.Struct, frozen=True):
    """The tiers, how many rounds (None: as many as the comparison takes for the tier), and whether labs are kept.

    `against` is the checkout or revision that this one is compared with.
    """

    tiers: tuple[str, ...]
    rounds: int | None
    keep: bool
    against: str | None = None


def options(words: Sequence[str], tiers: str, description: str | None) -> Options:
    """Read the words; one that is not known ends the run with the usage. `tiers` are those of a run without any."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--tier", default=os.environ.get("TIER") or tiers, help="S, M, L or several with commas [%(default)s]")
    parser.add_argument("--rounds", type=int, help="how often each contestant is run")
    parser.add_argument("--keep", action="store_true", help="leave the labs running for the next run")
    parser.add_argument("--against", metavar="REVISION-OR-PATH", help="the checkout to compare with")
    arguments = parser.parse_args(words)
    named = tuple(arguments.tier.upper().split(","))
    if not set(named) <= TIERS.keys():
        parser.error(f"--tier {arguments.tier}: choose from {', '.join(TIERS)}")
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error(f"--rounds {arguments.rounds}: give 1 or more")
    return Options(named, arguments.rounds, arguments.keep, arguments.against)
