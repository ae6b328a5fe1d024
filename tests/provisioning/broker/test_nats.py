from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

from contract import wire
from provisioning.authority import ServerCertificate
from provisioning.broker import nats


@pytest.fixture
def layout(tmp_path: Path) -> nats.Layout:
    return nats.Layout(
        tmp_path / 'a "quoted" folder',
        "127.0.0.1",
        8883,
        8222,
        ServerCertificate(Path("server.pem"), Path("server.key")),
        "0" * 64,
    )


COLLECTOR = nats.User("collector", "$2b$04$c")


def test_each_device_has_exactly_its_rights(layout: nats.Layout):
    text = nats.configuration([nats.User("d-7k2m9x4q", "$2b$04$x")], COLLECTOR, layout)
    shard = wire.shard_of("d-7k2m9x4q")
    (line,) = (line for line in text.splitlines() if "d-7k2m9x4q" in line)
    own = f"dc.v1.{shard}.d-7k2m9x4q"
    rights = f'{{publish: ["{own}.up.>"], subscribe: ["{own}.down.>", "dc.v1.plan"]}}'
    assert line.strip() == f'{{user: "d-7k2m9x4q", password: "$2b$04$x", permissions: {rights}}}'


def test_the_version_changes_with_anything_and_with_nothing_else(layout: nats.Layout):
    devices = [nats.User("d-7k2m9x4q", "$2b$04$x")]
    version = nats.version(nats.configuration(devices, COLLECTOR, layout))
    assert nats.version(nats.configuration(devices, COLLECTOR, layout)) == version
    others = (
        nats.configuration([], COLLECTOR, layout),
        nats.configuration([nats.User("d-7k2m9x4q", "$2b$04$y")], COLLECTOR, layout),
        nats.configuration(devices, COLLECTOR, layout._replace(certificate_sha256="1" * 64)),
    )
    assert len({nats.version(text) for text in others} | {version}) == 4


def test_a_control_character_cannot_break_out_of_the_configuration(layout: nats.Layout):
    with pytest.raises(ValueError, match="control"):
        nats.configuration([nats.User("d-1\n}", "x")], COLLECTOR, layout)


def test_nats_server_reads_quotes_and_backslashes_as_they_are(tmp_path: Path, layout: nats.Layout):
    path = tmp_path / "nats.conf"
    path.write_text(nats.configuration([], COLLECTOR, layout._replace(folder=tmp_path / 'a"b\\c')))
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    checked = subprocess.run([program, "-t", "-c", path], capture_output=True, text=True, check=False)
    assert "server.pem" in checked.stderr  # all that it finds wrong is that there is no certificate
    assert "arse error" not in checked.stderr
