import inspect
from pathlib import Path

import pytest

import mexc_connector
from mexc_connector.common.config import MexcConfig, RateLimitConfig, RestConfig, StreamConfig
from mexc_connector.common.errors import ConfigError
from mexc_connector.common.options import Options


def test_the_defaults_are_the_real_exchange_and_its_limits() -> None:
    config = MexcConfig()
    assert config.rest_url == "https://api.mexc.com"
    assert (config.limits.ip_weight, config.limits.account_weight) == (300, 500)
    assert config.market_data_fast == RestConfig(timeout_s=4.0, retries=1)
    assert config.order.retries == 0
    assert (config.limits.orders_per_second, config.recv_window_ms) == (12, 5_000)


def test_yaml_is_read_by_the_names_of_the_options() -> None:
    config = MexcConfig.from_yaml_text(
        b"rest_url: http://127.0.0.1:8765\nlimits: {ip_weight: 100}\nmarket_data: {timeout_s: 3}\n"
    )
    assert config.rest_url == "http://127.0.0.1:8765"
    assert config.limits.ip_weight == 100
    assert config.market_data.timeout_s == 3.0


def test_options_are_named_so_that_a_new_one_moves_no_other() -> None:
    public = [getattr(mexc_connector, name) for name in mexc_connector.__all__]
    groups = [one for one in public if inspect.isclass(one) and issubclass(one, Options)]
    assert MexcConfig in groups
    for group in groups:
        kinds = {option.kind for option in inspect.signature(group).parameters.values()}
        assert kinds == {inspect.Parameter.KEYWORD_ONLY}, group


@pytest.mark.parametrize("text", [b"", b"# nothing but a comment\n"])
def test_an_empty_document_means_the_defaults(text: bytes) -> None:
    assert MexcConfig.from_yaml_text(text) == MexcConfig()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"rest_uri: http://x", "rest_uri"),
        (b"limits: {ip_weight: many}", "ip_weight"),
        (b"limits: {ip_weight: 0}", "ip_weight"),
        (b"limits: {cancel_reserve: -1}", "cancel_reserve"),
        (b"limits: {trading_reserve: -1}", "trading_reserve"),
        (b"recv_window_ms: 60001", "recv_window_ms"),
        (b"timestamp_bias_ms: 5000", "timestamp_bias_ms"),
        (b"timestamp_bias_ms: -1", "timestamp_bias_ms"),
        (b"rest_url: ftp://x", "rest_url"),
        (b"[1, 2", "configuration"),
        (b"market_data: {timeout_s: -1}", "timeout_s"),
        (b"connections: true", "connections"),
        (b"connections: 1\nrest_url: http://x\nconnections: 2\n", "'connections' .* line 3"),
        (b"limits: {ip_weight: 7, ip_weight: 8}", "'ip_weight' is there twice"),
        (b"api_key: [{a: 1, a: 2}]", "'a' is there twice"),
    ],
)
def test_bad_yaml_is_one_error_that_names_the_place(text: bytes, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        MexcConfig.from_yaml_text(text)


def test_a_merge_may_be_overridden_and_an_anchor_used_again() -> None:
    config = MexcConfig.from_yaml_text(
        "order: &patient {timeout_s: 9, auth: true}\n"
        "account: {<<: *patient, timeout_s: 8}\n"
        "market_data: *patient\n"
    )
    assert (config.order.timeout_s, config.account.timeout_s) == (9.0, 8.0)
    assert (config.account.auth, config.market_data) == (True, config.order)


def test_a_document_that_holds_itself_is_one_error() -> None:
    with pytest.raises(ConfigError, match="configuration"):
        MexcConfig.from_yaml_text("limits: &a\n  ip_weight: *a\n")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.yaml"):
        MexcConfig.from_yaml(tmp_path / "missing.yaml")
    good = tmp_path / "good.yaml"
    good.write_text("connections: 3\n")
    assert MexcConfig.from_yaml(good).connections == 3


@pytest.mark.parametrize(
    "url", ["", "api.mexc.com", "http://", "http://host:notaport", "http://host:0", "http://[::1"]
)
def test_malformed_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="rest_url"):
        MexcConfig(rest_url=url)


def test_the_proxy_is_masked_wherever_it_could_show() -> None:
    config = MexcConfig(proxy="http://user:hunter2@127.0.0.1:3128")
    assert "hunter2" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        MexcConfig(proxy="socks://user:hunter2@host")
    assert "hunter2" not in str(caught.value)


def test_limits_of_the_streams_cannot_exceed_what_gets_us_disconnected() -> None:
    with pytest.raises(ConfigError, match="messages_per_second"):
        StreamConfig(messages_per_second=101)


def test_latency_is_not_measured_unless_asked_for() -> None:
    assert StreamConfig().latency_one_in == 0
    with pytest.raises(ConfigError, match="latency_one_in"):
        StreamConfig(latency_one_in=-1)


def test_lifted_limits_leave_no_budget_to_speak_of() -> None:
    assert RateLimitConfig.lifted().ip_weight >= 1_000_000
