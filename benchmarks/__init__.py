"""Benchmarks: each module answers one question and runs as `python -m benchmarks.NAME`.

`python -m benchmarks` runs all of them and writes `RESULTS.md` and the plots.
"""
