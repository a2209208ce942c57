"""What the cluster carries: more partitions than it should, unevenly, or for nobody."""
