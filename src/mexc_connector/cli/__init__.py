"""The `mexc-connector` command."""
