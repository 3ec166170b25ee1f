"""The HTML that stands before the exchange: its firewall's and its gateway's pages."""

from __future__ import annotations

from aiohttp import web

FIREWALL_PAGE = (
    "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n"
    'You don\'t have permission to access "{path}" on this server.<P>\n'
    "Reference&#32;&#35;18&#46;simulated\n</BODY>\n</HTML>\n"
)
GATEWAY_PAGE = (
    "<html>\n<head><title>{status} {reason}</title></head>\n<body>\n"
    "<center><h1>{status} {reason}</h1></center>\n"
    "<hr><center>simulated</center>\n</body>\n</html>\n"
)
REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


def firewall_answer(path: str) -> web.Response:
    """Answer as the firewall does."""
    return web.Response(status=403, text=FIREWALL_PAGE.format(path=path), content_type="text/html")


def gateway_answer(status: int) -> web.Response:
    """Answer 502, 503 or 504 as a gateway does whose exchange does not answer it."""
    text = GATEWAY_PAGE.format(status=status, reason=REASONS[status])
    return web.Response(status=status, text=text, content_type="text/html")
