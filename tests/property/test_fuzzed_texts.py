"""Bent texts and bytes from a network meet errors of our own tree and nothing else."""

import pytest

from tests.fuzz import texts

SECONDS = 2.0


@pytest.mark.slow
@pytest.mark.parametrize("target", sorted(texts.TARGETS))
def test_nothing_but_our_errors_comes_of(target: str, fault_seed: int) -> None:
    for data in texts.TARGETS[target].seeds:
        texts.judge(target, data)
    counts = texts.run(target, seed=fault_seed, seconds=SECONDS)
    assert counts["inputs"] > 20


def test_a_stranger_is_told_with_the_command_that_repeats_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setitem(texts.TARGETS, "control", texts.Target(fail, (b"a",)))
    with pytest.raises(texts.Stranger, match=r"KeyError.*\n.*--target control --input [0-9a-f]*$"):
        texts.run("control", seed=1, seconds=1)
