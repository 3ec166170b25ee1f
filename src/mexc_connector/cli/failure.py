"""What ends a command, said to the person who typed it."""


class CommandFailed(Exception):
    """The command cannot go on. Its text is one sentence for the terminal; the exit code is 1."""
