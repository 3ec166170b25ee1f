"""Seeded fuzzing without dependencies; each driver is a module to run."""
