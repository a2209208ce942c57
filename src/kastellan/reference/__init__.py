"""Dated data that ages: Kafka releases and provider profiles."""
