"""Protocols of the outside world: Kafka now, HTTP and commands later."""
