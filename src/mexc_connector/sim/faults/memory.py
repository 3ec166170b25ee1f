"""Good answers of before, by question, for the fault that sends one again."""

from __future__ import annotations

from collections import OrderedDict

from aiohttp import web

MOST_ANSWERS = 1_000
UNASKED = frozenset({"timestamp", "recvWindow", "signature"})
"""Parameters that say nothing about what is asked for."""

Question = tuple[str, str, str, str, bytes]
"""Method, path, key, parameters and body of a request."""


class ReplyMemory:
    """The last good answer to each question, for the newest questions."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Question, bytes] = OrderedDict()

    async def question(self, request: web.Request) -> Question:
        """Say what a request asks for. Parameters in a body are taken with all they hold."""
        parameters = sorted(
            f"{name}={value}" for name, value in request.query.items() if name not in UNASKED
        )
        key = request.headers.get("X-MEXC-APIKEY", "")
        body = await request.read()
        return (request.method, request.path, key, "&".join(parameters), body)

    def last(self, question: Question) -> bytes | None:
        """Give the body of the last good answer."""
        return self._answers.get(question)

    def keep(self, question: Question, body: bytes) -> None:
        """Remember a good answer; the oldest question is forgotten."""
        self._answers[question] = body
        self._answers.move_to_end(question)
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
