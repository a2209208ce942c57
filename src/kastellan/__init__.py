"""Kastellan: production support for Apache Kafka."""
