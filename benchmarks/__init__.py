"""Benchmarks: each module measures one thing and runs as `python -m benchmarks.NAME`."""
