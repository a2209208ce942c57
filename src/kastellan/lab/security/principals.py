"""Who may log in to a secured lab, and with which secret. Made anew for every lab, kept in files that nobody else may read."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

ADMIN, BROKER = "admin", "broker"
VIEWER, NOBODY, WRONG = "viewer", "nobody", "wrong-password"
APP = "shop"
"""An application: it has the rights that a fault gives it."""
LEVELS: Mapping[str, str] = {"viewer": "doctor", "glance": "glance", "doctor": "doctor", "deep": "deep"}
"""Principal: the level of sight that its rights give it. `viewer` is the name that most examples use."""

CLIENTS = (ADMIN, *LEVELS, NOBODY, APP)
SUPER_USERS = (BROKER, ADMIN)
_SECRET_BYTES = 15


def new_secrets() -> dict[str, str]:
    """A fresh secret for every client."""
    return {client: secrets.token_urlsafe(_SECRET_BYTES) for client in CLIENTS}
