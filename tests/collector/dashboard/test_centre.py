"""What those who run the centre see of it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from collector.dashboard import centre, probe_figures
from collector.dashboard.centre import Disk, troubles
from collector.dashboard.probe_figures import ProbeFigures, read
from collector.store import pulse
from collector.store.pulse import Pulse
from collector.store.queries.centre import count_versions
from collector.store.tables import evidence
from provisioning.settings import ProbedAt
from provisioning.store.engine import writing
from provisioning.store.tables import person

ROOMY = Disk(10**9, 10**11, 40)
METRICS = """
# TYPE diemcau_probe_capacity_bps gauge
diemcau_probe_capacity_bps 1e9
# TYPE diemcau_probe_reserved_bps gauge
diemcau_probe_reserved_bps{part="campaign"} 3e6
diemcau_probe_reserved_bps{part="on_demand"} 1e6
# TYPE diemcau_probe_document_age_seconds gauge
diemcau_probe_document_age_seconds 1.5
# TYPE diemcau_probe_slots gauge
diemcau_probe_slots{part="campaign"} 2
"""


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[ProbeFigures]:
    """What the probe servers answer."""
    answers = [ProbeFigures("probe.example:8090", True, 1.0, 1e9, 4e6, 3, 0)]
    monkeypatch.setattr(centre.probe_figures, "ask", lambda _: answers)
    return answers


def beat(country: Any, at: int, **told: Any) -> None:
    edges = [{"url": "mqtts://a.example:8883", "is_connected": True}]
    with writing(country.engine) as connection:
        pulse.beat(connection, pulse.INGEST, {"waiting": 0, "lag_ms": 12, "edges": edges, **told}, at)


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.split("<main")[1]).replace("\xa0", " ").split())


def test_a_centre_that_is_well_says_so_with_its_figures(
    browser: TestClient, country: Any, now: int, probed: list[ProbeFigures]
) -> None:
    beat(country, now)
    said = words_of(browser.get("/health").text)
    assert "Trung tâm chạy bình thường" in said
    assert "12 ms từ lúc đến tới lúc lưu" in said
    assert "mqtts://a.example:8883 đã nối" in said
    assert "4/1.000 Mbit/s" in said
    assert "Bản đi kèm chương trình" in said
    assert "đang dùng 3 Đang kết nối 3" in said


def test_what_is_wrong_is_said_first_with_what_to_do(
    browser: TestClient, country: Any, now: int, probed: list[ProbeFigures]
) -> None:
    probed[:] = [ProbeFigures("probe.example:8090", answers=False)]
    said = words_of(browser.get("/health").text)
    assert "Có 2 việc cần xem Bộ phận tiếp nhận không lên tiếng." in said
    assert "Có máy chủ đo không trả lời" in said
    assert "diemcau-collector run" in said
    edges = [{"url": "mqtts://a.example:8883", "is_connected": False}]
    beat(country, now, edges=edges, lag_ms=centre.LATE_MS + 1)
    said = words_of(browser.get("/health").text)
    assert said.index("Có máy chủ MQTT không nối được.") < said.index("Tiếp nhận chậm.")
    assert "mqtts://a.example:8883 không nối được" in said


def test_probe_servers_are_asked_while_no_connection_is_held(
    browser: TestClient, country: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    def ask(_: Any) -> list[ProbeFigures]:
        held.append(country.engine.pool.checkedout())
        return []

    monkeypatch.setattr(centre.probe_figures, "ask", ask)
    browser.get("/health")
    assert held == [0]


def test_troubles_stand_in_the_order_of_their_urgency(now: int) -> None:
    well = ProbeFigures("a:1", True, heard_centre_s=2.0)
    told = {"waiting": 0, "lag_ms": 9_000, "edges": [{"url": "x", "is_connected": False}]}
    assert troubles(Pulse(now, told), [well], ROOMY, now) == ["edges", "lag"]
    assert troubles(Pulse(now - centre.SILENT_US - 1, told), [well], ROOMY, now) == ["ingest"]
    deaf = well._replace(heard_centre_s=centre.OLD_S + 1)
    assert troubles(None, [deaf], ROOMY._replace(used_pct=centre.FULL_PCT), now) == ["ingest", "disk", "servers"]


def test_the_agents_versions_are_counted_the_commonest_first(nation: Any, now: int) -> None:
    told = {"fact": "software", "source": "agent", "measured_at": now, "is_time_uncertain": False, "report_id": 1}
    with writing(nation.engine) as connection:
        for number, version in ((1, "0.3.0"), (2, "0.4.0"), (3, "0.4.0")):
            findings = json.dumps({"kind": "software", "agent_version": version})
            connection.execute(insert(evidence).values(**told, site_id=number, device_id=number, findings=findings))
        assert list(count_versions(connection).items()) == [("0.4.0", 2), ("0.3.0", 1)]


def test_a_probe_servers_figures_are_read_from_its_metrics() -> None:
    assert read("a:1", METRICS) == ProbeFigures("a:1", True, 1.5, 1e9, 4e6, 2, 0)


@pytest.mark.parametrize("said", [b"SSH-2.0-something\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", b""])
def test_what_is_no_probe_server_does_not_answer(said: bytes) -> None:
    def answer() -> None:
        caller, _ = listening.accept()
        with caller:
            caller.recv(4096)
            caller.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as threads:
        port = listening.getsockname()[1]
        threads.submit(answer)
        at = ProbedAt(host="127.0.0.1", http_port=port, udp_port=1)
        assert probe_figures.ask([at]) == [ProbeFigures(f"127.0.0.1:{port}", answers=False)]


def test_the_centre_is_shown_to_those_who_run_it_and_to_nobody_else(
    stranger: TestClient, log_in: Callable[[TestClient, str], TestClient], nation: Any, password_hash: str
) -> None:
    with writing(nation.engine) as connection:
        values = {"login": "province", "name": "Sở", "password": password_hash, "duty": "provincial"}
        connection.execute(insert(person).values(values))
    for login in ("viewer", "province"):
        browser = log_in(stranger, login)
        assert browser.get("/health").status_code == 403
        assert 'href="/health"' not in browser.get("/sites").text
