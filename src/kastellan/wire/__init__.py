"""The ends that speak to the outside world: the Kafka protocol, later HTTP and commands."""
