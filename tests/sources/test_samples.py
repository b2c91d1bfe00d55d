"""Lines of metrics: only golden signals keep their values; what is wrong says so."""

import json

import pytest

from causeline.core.errors import DecodeError
from causeline.sources import samples
from causeline.sources.samples import decode_metrics

LINE = {"t": 1.0, "took": 0.1, "target": "x"}


def line(**more: object) -> bytes:
    return json.dumps({**LINE, **more}).encode()


def test_values_of_golden_signals_are_kept_and_all_are_counted() -> None:
    seen = decode_metrics(line(changed={'latency_p90{app="a"}': "0.5", "up": "1", 'error_rate{app="a"}': 0.1}))
    assert (seen.samples, seen.changed) == (3, {'latency_p90{app="a"}': 0.5, 'error_rate{app="a"}': 0.1})


def test_nan_and_infinity_say_nothing() -> None:
    seen = decode_metrics(line(changed={"latency_p90": "NaN", "error_rate": "+Inf", "latency_p99": "1e-3"}))
    assert seen.changed == {"latency_p99": 0.001}


@pytest.mark.parametrize("value", ["a", "", None, "1,5"])
def test_a_value_that_is_no_number_is_named(value: str | None) -> None:
    with pytest.raises(DecodeError, match="latency_p90: not a number"):
        decode_metrics(line(changed={"latency_p90": value}))


@pytest.mark.parametrize("more", [{"changed": [1]}, {"target": 1}, {"samples": -1}, {"t": "x"}, {"changed": {"a": {}}}])
def test_a_line_that_is_not_one_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(DecodeError):
        decode_metrics(line(**more))


def test_more_series_than_a_line_may_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "SERIES_MAX", 2)
    with pytest.raises(DecodeError, match="3 series in one line"):
        decode_metrics(line(changed={"a": "1", "b": "1", "c": "1"}))


def test_a_failed_scrape_has_no_values() -> None:
    seen = decode_metrics(line(error="refused"))
    assert (seen.error, seen.samples, seen.changed) == ("refused", 0, None)
