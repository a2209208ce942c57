"""SASL: how a client logs in. One file a mechanism; each knows the messages only, `exchange` carries them."""
