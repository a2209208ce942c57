"""Read what was decided about findings."""

from __future__ import annotations

from pathlib import Path

from kastellan.checks.catalogue import all_checks
from kastellan.findings.waivers import NO_POLICY, Policy, policy_of
from kastellan.kernel.errors import BadInput


def read_policy(file: Path | None) -> Policy:
    """The policy of a file, or the empty one. Raises BadInput for a file that cannot be read or is none."""
    if file is None:
        return NO_POLICY
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {file}: {error.strerror or error}; give a waiver file (TOML)") from None
    return policy_of(data, str(file), {check_id: entry.check for check_id, entry in all_checks().items()})
