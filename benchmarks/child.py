"""Runs one contender in a process of its own; `benchmarks.race` is the other end.

`python -m benchmarks.child SPEC`, where SPEC is JSON: `target` "module:function", `arguments` by
name, `implementation` ("", "compiled" or "reference"), `is_uvloop`. The function sets everything
up and returns the round: a function without arguments that does the work once and returns figures
by name. Either may be a coroutine function; they share one event loop. A round may have a `close`.
Each line on stdin then asks for one round and each line on stdout answers with JSON. The end of
stdin is the end.

Only the standard library is imported here, so that what a contender pays is its own.
"""

import asyncio
import gc
import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable
from typing import IO, Any

from benchmarks.contenders import ContenderMissing

_COMPILED = "mexc_connector.native._hot"


def main() -> None:
    """Serve rounds until the parent closes its end."""
    spec = json.loads(sys.argv[1])
    # Whatever a contender prints must not get between the answers.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        with asyncio.Runner(loop_factory=_loop_factory(spec["is_uvloop"])) as runner:
            try:
                round_ = _prepared(spec, runner)
            except (ImportError, ContenderMissing) as error:
                _answer(answers, {"missing": str(error)})
                return
            _answer(answers, {"ready": True})
            try:
                for _ in sys.stdin:
                    gc.collect()
                    _answer(answers, _finished(round_(), runner))
            finally:
                if hasattr(round_, "close"):
                    _finished(round_.close(), runner)


def _prepared(spec: dict[str, Any], runner: asyncio.Runner) -> Callable[[], Any]:
    if spec["implementation"] == "reference":
        sys.modules[_COMPILED] = None  # type: ignore[assignment]  # makes importing it fail
    elif spec["implementation"] == "compiled":
        try:
            importlib.import_module(_COMPILED)
        except ImportError as error:
            raise ContenderMissing("the compiled extension is not built") from error
    module, _, name = spec["target"].partition(":")
    prepare = getattr(importlib.import_module(module), name)
    round_: Callable[[], Any] = _finished(prepare(**spec["arguments"]), runner)
    return round_


def _finished(value: Any, runner: asyncio.Runner) -> Any:
    return runner.run(value) if inspect.iscoroutine(value) else value


def _loop_factory(is_uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if not is_uvloop:
        return None
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(
        "uvloop"
    ).new_event_loop
    return new_event_loop


def _answer(answers: IO[str], value: object) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
