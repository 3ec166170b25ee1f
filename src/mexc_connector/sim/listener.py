"""The port: opened, closed, and on one address all the while."""

from __future__ import annotations

import socket
from contextlib import suppress

from aiohttp import web

from mexc_connector.sim.errors import SimError

SHUTDOWN_S = 1.0


class Listener:
    """Serves an application on one host and port; port 0 picks a free one, once.

    While connections are refused a socket that does not listen holds the port: else a client that
    tries again could meet another server there, or its own end.
    """

    def __init__(self, application: web.Application, *, host: str, port: int) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        self.host = host
        self.port = port
        self._site: web.TCPSite | None = None
        self._holder: socket.socket | None = None

    @property
    def refuses(self) -> bool:
        """Whether new connections are refused."""
        return self._site is None

    async def open(self) -> None:
        """Begin to serve; raises `SimError` when the port cannot be had, and leaves nothing."""
        try:
            await self._runner.setup()
            await self._listen()
        except BaseException:
            await self._runner.cleanup()
            raise
        host, port = self._runner.addresses[0][:2]
        self.host, self.port = str(host), int(port)

    async def close(self) -> None:
        """End every request and free the port."""
        self._let_go()
        await self._runner.cleanup()

    async def set_refusing(self, *, refuses: bool) -> None:
        """Refuse new connections, or take them again; those that exist live on.

        Raises `SimError` when somebody else took the port meanwhile.
        """
        site = self._site
        if refuses and site is not None:
            self._site = None
            await site.stop()
            self._hold()
        elif not refuses and site is None:
            await self._listen()

    def _hold(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        holder = self._holder = socket.socket(family)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections live on there
        with suppress(OSError):  # somebody was quicker: listening again will tell
            holder.bind((self.host, self.port))

    def _let_go(self) -> None:
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    async def _listen(self) -> None:
        self._let_go()
        site = web.TCPSite(self._runner, self.host, self.port)
        try:
            await site.start()
        except OSError as error:
            raise SimError(
                f"Cannot listen on {self.host}:{self.port}: {error.strerror or error}."
            ) from error
        self._site = site
