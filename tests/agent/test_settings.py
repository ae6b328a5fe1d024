from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.settings import SettingsError, load, parse
from contract import wire
from contract.settings import AgentSettings

GOOD = {
    "device": "dev-00000001",
    "brokers": ["mqtts://broker.example.vn:8883"],
    "probe_server": {"host": "probe.example.vn", "http_port": 8090, "udp_port": 8862},
}
FIELDS = (*AgentSettings.model_fields, "of a later version")


def by_model(content: bytes) -> dict | None:
    try:
        return AgentSettings.model_validate(wire.load_json(content, 16 * 1024)).model_dump()
    except (wire.WireError, ValidationError):
        return None


def by_agent(content: bytes) -> dict | None:
    try:
        read = parse(content, Path("/nowhere"))._asdict()
    except (SettingsError, wire.WireError):
        return None
    read.pop("folder")
    return {**read, "probe_server": read["probe_server"]._asdict()}


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 10),
    st.sampled_from([5, 10, 60, 3600, 3601, 65_535, 65_536, 86_400, 86_401, 604_800, 604_801, 2**70, 45.0, 1e400]),
    st.text("aé:/.-1\n", max_size=4),
    st.sampled_from(["dev-00000001", "DEV-00000001", "dev-00000001\n", "short", "ca.pem", "a" * 33]),
    st.lists(
        st.sampled_from(
            ["mqtts://a:1", "mqtt://a.b-c:65535", "mqtts://a:123456", "http://a:1", "mqtts://a:1\n", "mqtts://:1", 7]
        ),
        max_size=9,
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "host": st.sampled_from(["h", "::1", "bad host", "", "h\n", 3]),
            "http_port": st.sampled_from([0, 1, 65_535, 65_536, True, "80"]),
            "udp_port": st.sampled_from([0, 1, 65_535, 65_536, 1.0]),
        },
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4), st.sets(st.sampled_from(tuple(GOOD)), max_size=1))
def test_the_agent_reads_a_file_exactly_as_the_contract_describes_it(changes, missing):
    value = {name: field for name, field in {**GOOD, **changes}.items() if name not in missing}
    content = json.dumps(value).encode()
    assert by_agent(content) == by_model(content)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"null", b'{"device": NaN}', json.dumps(GOOD).encode()])
def test_the_agent_reads_any_content_exactly_as_the_contract_does(content):
    assert by_agent(content) == by_model(content)


def test_a_good_file_is_read_with_its_folder_and_defaults(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps(GOOD))
    read = load(tmp_path / "settings.json")
    assert read.folder == tmp_path
    assert (read.ca_file, read.password_file, read.tick_s) == ("ca.pem", "password", 60)


def test_a_bad_file_says_where_and_why(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({**GOOD, "tick_s": 0}))
    with pytest.raises(SettingsError, match="tick_s"):
        load(tmp_path / "settings.json")
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(SettingsError, match=r"settings\.json"):
        load(tmp_path / "settings.json")
