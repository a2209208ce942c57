"""One file a concern: a `COLLECTOR` that declares what it fills and needs, and `collect`, which asks and fills."""
