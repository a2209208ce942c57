"""Settings that several judgements share: one name, one default, one meaning."""

from __future__ import annotations

from kastellan.checks.check import Setting

MAX_BEHIND = Setting(
    name="max_behind_s", default=10, unit="s", meaning="time since it was caught up that is still fine", low=1, high=3600
)
"""How far behind the leader a voter may be and still follows: voter_lagging, no_majority_margin and may-restart."""
