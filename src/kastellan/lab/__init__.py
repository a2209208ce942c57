"""Real Apache Kafka on loopback: clusters, load, faults with their truth. Knows no check and no cause."""
