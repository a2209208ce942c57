"""Secured labs: who may log in and how, certificates made on the spot, listeners, an issuer of tokens, rights."""
