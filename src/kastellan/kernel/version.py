"""The version of this Kastellan, as a constant: reading it from the installed metadata costs tens of milliseconds."""

VERSION = "0.1.0"
