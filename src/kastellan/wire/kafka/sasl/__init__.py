"""SASL: how a client logs in. One file per mechanism, with its messages; `exchange` sends and receives them."""
