"""The port: opened, closed, and on one address all the while."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from aiohttp import web

from mexc_connector.sim.errors import SimError

SHUTDOWN_S = 1.0
ACCEPTING_TURNS = 3
"""In so many turns of the event loop what was accepted becomes a connection."""


class Listener:
    """Serves an application on one host and port; port 0 picks a free one, once.

    While connections are refused a socket that does not listen holds the port: else a client that
    tries again could meet another server there, or its own end. It listens itself afterwards.
    """

    def __init__(self, application: web.Application, *, host: str, port: int) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        self.host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._holder: socket.socket | None = None

    @property
    def refuses(self) -> bool:
        """Whether new connections are refused."""
        return self._server is None

    async def open(self) -> None:
        """Begin to serve; raises `SimError` when the port cannot be had, and leaves nothing."""
        try:
            await self._runner.setup()
            server = await self._listen()
        except BaseException:
            await self.close()
            raise
        host, port = server.sockets[0].getsockname()[:2]
        self.host, self.port = str(host), int(port)

    async def close(self) -> None:
        """End every request and free the port."""
        await self._stop()
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        await self._runner.cleanup()

    async def set_refusing(self, *, refuses: bool) -> None:
        """Refuse new connections, or take them again; those that exist live on.

        Raises `SimError` when somebody else took the port meanwhile.
        """
        if refuses and not self.refuses:
            await self._stop()
            self._hold()
        elif not refuses and self.refuses:
            await self._listen()

    async def _stop(self) -> None:
        """Accept nothing more, and close the port once what was accepted is a connection.

        Closed before that, asyncio would drop such a client without hanging up on it.
        """
        server = self._server
        if server is None:
            return
        for listening in server.sockets:
            with suppress(NotImplementedError):  # a loop that waits in another way
                asyncio.get_running_loop().remove_reader(listening.fileno())
        for _ in range(ACCEPTING_TURNS):
            await asyncio.sleep(0)
        self._server = None
        server.close()

    def _hold(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        holder = socket.socket(family)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections live on there
        if family is socket.AF_INET6:
            holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        with suppress(OSError):  # somebody was quicker: listening again will tell
            holder.bind((self.host, self.port))
            self._holder = holder
            return
        holder.close()

    async def _listen(self) -> asyncio.Server:
        try:
            server = self._server = await self._new_server()
            self._holder = None  # the server's now
            await server.start_serving()
        except OSError as error:
            await self._stop()
            raise SimError(
                f"Cannot listen on {self.host}:{self.port}: {error.strerror or error}."
            ) from error
        return server

    async def _new_server(self) -> asyncio.Server:
        """Make a server that does not serve yet: cancelling this leaves nothing open."""
        loop, handlers = asyncio.get_running_loop(), self._runner.server
        if handlers is None:
            raise SimError("The listener is closed.")
        if self._holder is not None:
            return await loop.create_server(handlers, sock=self._holder, start_serving=False)
        return await loop.create_server(handlers, self.host, self.port, start_serving=False)
