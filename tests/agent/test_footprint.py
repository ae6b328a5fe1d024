"""What the connected resident and the round child have loaded, which is what their memory is made of."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from agent.late import PUT_OFF
from agent.schedule import LIGHT

RESIDENT = """
from agent.resident import Path, build, load, sys  # first of all, as when it is started
agent = build(load(Path(sys.argv[1])))
timeout_s = 0.0
while not agent.publisher.is_waiting:  # it has connected, ticked, run a round and sent its report
    timeout_s = agent.turn(timeout_s)
agent.measuring.rounds.stop()
agent.connection.stop()
agent.spool.close()
for name, module in sorted(sys.modules.items()):
    print(name, "late" if type(module).__name__ == "_StandIn" else "loaded")
"""
ROUND = """
import os, sys
import agent.round
os._exit = lambda code: None
agent.round.main()
print(*sys.modules, file=sys.stderr)
"""
PUT_OFF_THEN_USED = """
import sys
import agent.late
import {name}
stand_in = sys.modules["{name}"]
file = stand_in.__file__  # any use
import {name}
print(type(stand_in).__name__, type(sys.modules["{name}"]).__name__, file == sys.modules["{name}"].__file__)
"""
# Beside what Python starts with. A name more here is memory at every site: measure it with benchmarks/footprint.py.
RESIDENT_MAY_LOAD = """
agent array base64 binascii bisect collections contextlib contract copyreg datetime encodings enum errno fcntl fnmatch
functools grp hashlib heapq hmac importlib itertools json keyword math ntpath operator paho pathlib pwd queue random
re reprlib secrets select selectors signal socket sqlite3 sre_compile sre_constants sre_parse ssl string stringprep
struct subprocess threading types typing unicodedata urllib warnings zlib
"""
LIGHT_ROUND_NEVER_LOADS = {"http", "speedtest", "ssl", "asyncio", "sqlite3", "paho", "click", "xml", "ctypes"}
LINE_ROUND_NEVER_LOADS = LIGHT_ROUND_NEVER_LOADS - {"http", "ssl"}


def top_level(names):
    return {name.partition(".")[0] for name in names}


@pytest.fixture
def loaded_by_resident(secure, write_settings, probe_server, tmp_path):
    """What lies in sys.modules of a resident that has connected over TLS, ticked, run a round and sent its report."""
    settings = write_settings((secure,), probe_server)
    (settings.folder / "ca.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    command = [sys.executable, "-I", "-c", RESIDENT, str(settings.folder / "settings.json")]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split() for line in lines)


def test_a_connected_resident_has_loaded_what_it_may_and_never_what_is_put_off(loaded_by_resident):
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    loaded = {name for name, state in loaded_by_resident.items() if state == "loaded"}
    public = {name for name in top_level(loaded) - top_level(bare.stdout.split()) if not name.startswith("_")}
    assert {"paho", "ssl", "sqlite3"} <= public
    assert public <= set(RESIDENT_MAY_LOAD.split())
    assert {name for name, state in loaded_by_resident.items() if state == "late"} == set(PUT_OFF)


def test_a_light_round_loads_nothing_of_the_line_or_of_the_resident(probe_server, tmp_path):
    request = {"device": "dev-00000001", "occasion": "schedule", "probes": LIGHT, "home": str(tmp_path), "done": ()}
    request |= {"server": probe_server._asdict(), "measured": [], "boot_id": "", "is_clock_plausible": True}
    child = subprocess.run(
        [sys.executable, "-I", "-c", ROUND], input=json.dumps(request), capture_output=True, text=True
    )
    assert "report {" in child.stdout
    assert "pydantic" in child.stderr.split()
    assert not top_level(child.stderr.split()) & LIGHT_ROUND_NEVER_LOADS


@pytest.mark.parametrize("name", PUT_OFF)
def test_whoever_uses_a_module_that_was_put_off_has_the_real_one(name):
    code = PUT_OFF_THEN_USED.format(name=name)
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["_StandIn", "module", "True"]


def test_a_line_round_loads_what_it_needs_and_nothing_heavy(probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path)
    request = {"device": "dev-00000001", "occasion": "once", "probes": ["line"], "home": str(tmp_path), "done": ()}
    request |= {"server": probe_server._asdict(), "measured": [], "boot_id": "", "is_clock_plausible": True}
    child = subprocess.run(
        [sys.executable, "-I", "-c", ROUND], input=json.dumps(request), capture_output=True, text=True
    )
    assert '"outcome":"carries"' in child.stdout
    assert "http.client" in child.stderr.split()
    assert not top_level(child.stderr.split()) & LINE_ROUND_NEVER_LOADS
