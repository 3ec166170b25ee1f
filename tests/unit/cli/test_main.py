from pathlib import Path

import pytest

import mexc_connector
from mexc_connector.cli.main import main


def usage_error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_seconds_must_be_a_length_of_time(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = usage_error(capsys, "demo", f"--seconds={seconds}")
    assert "must be a number of seconds above 0" in said


def test_a_command_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in usage_error(capsys)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"mexc-connector {mexc_connector.__version__}\n"


@pytest.mark.parametrize(
    ("yaml", "problem"),
    [
        ("rest_url: nonsense\n", "rest_url must be a URL"),
        ("no_such_option: 1\n", "no_such_option"),
        ("a: [\n", "demo.yaml"),
    ],
)
def test_a_bad_configuration_is_one_sentence(
    yaml: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(yaml, encoding="utf-8")
    assert main(["demo", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert problem in said
    assert "Traceback" not in said


def test_a_configuration_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--config", "/no/such.yaml"]) == 2
    assert capsys.readouterr().err == "mexc-connector: /no/such.yaml: No such file or directory\n"
