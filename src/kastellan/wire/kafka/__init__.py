"""The Kafka protocol: connections, requests, versions, answers. `client.Cluster` is the entry point; its docstring shows how."""
