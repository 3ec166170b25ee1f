"""Typed, async connector for the MEXC spot exchange."""
