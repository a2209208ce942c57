"""Data with a date that becomes outdated: Kafka releases and provider profiles."""
