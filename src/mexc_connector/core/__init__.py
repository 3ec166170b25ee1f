"""Pure logic: no await, no socket, no clock, no randomness, no logging."""
