"""The port: opened, closed, and on one address all the while."""

from __future__ import annotations

from aiohttp import web

from mexc_connector.sim.errors import SimError

SHUTDOWN_S = 1.0


class Listener:
    """Serves an application on one host and port; port 0 picks a free one, once."""

    def __init__(self, application: web.Application, *, host: str, port: int) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_S)
        self.host = host
        self.port = port

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
        await self._runner.cleanup()

    async def _listen(self) -> None:
        try:
            await web.TCPSite(self._runner, self.host, self.port).start()
        except OSError as error:
            raise SimError(
                f"Cannot listen on {self.host}:{self.port}: {error.strerror or error}."
            ) from error
