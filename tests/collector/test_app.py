"""The wiring of ingest."""

from collector.link.plan import probe_servers
from contract import wire
from provisioning.settings import load


def test_the_plan_names_the_probe_server_of_run_for_everybody(tmp_path):
    settings = load({"DIEMCAU_HOME": str(tmp_path), "DIEMCAU_PUBLIC_HOST": "dc.example.vn"})
    assert probe_servers(settings) == (wire.ProbeServer(wire.SHARDS, "dc.example.vn", 8090, 8862),)


def test_several_probe_servers_share_the_devices_and_each_device_has_one(tmp_path):
    told = "a.example.vn:8090:8862,b.example.vn:8091:8863,c.example.vn:8092:8864"
    servers = probe_servers(load({"DIEMCAU_HOME": str(tmp_path), "DIEMCAU_PROBE_SERVERS": told}))
    assert [server[1:] for server in servers][1] == ("b.example.vn", 8091, 8863)
    assert sorted("".join(server.shards for server in servers)) == sorted(wire.SHARDS)
