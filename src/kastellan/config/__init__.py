"""Cluster contexts, secrets and Kafka's client.properties."""
