"""HTTP shell: the REST clients of the exchange."""
