"""A cluster as the Kafka protocol shows it."""
