"""The connector under every fault and every pair of faults, and what must hold afterwards."""
