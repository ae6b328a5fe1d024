"""Whose an address is: the longest prefix tells, and a file of prefixes is taken in whole or not at all."""

from __future__ import annotations

import random
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from provisioning import audit, prefix_file
from provisioning.cli import main
from provisioning.prefixes import Prefix, Prefixes, enclosing
from provisioning.store.engine import writing
from provisioning.store.tables import audit as audit_table
from provisioning.store.tables import change, provider

TABLE = [("14.160.0.0/11", "vnpt"), ("14.162.0.0/16", "viettel"), ("14.162.7.1/32", "fpt"), ("2001:ee0::/28", "vnpt")]


def prefixes(rows: list[tuple[str, str]]) -> Prefixes:
    return Prefixes(Prefix(ip_network(cidr), code) for cidr, code in rows)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("14.159.255.255", None),
        ("14.160.0.0", "vnpt"),
        ("14.161.255.255", "vnpt"),
        ("14.162.0.0", "viettel"),
        ("14.162.7.0", "viettel"),
        ("14.162.7.1", "fpt"),
        ("14.162.7.2", "viettel"),
        ("14.163.0.0", "vnpt"),
        ("14.191.255.255", "vnpt"),
        ("14.192.0.0", None),
        ("::ffff:14.162.7.1", "fpt"),  # as a server sees it that listens on IPv6 for both
        ("2001:ee0:1::5", "vnpt"),
        ("2001:ef0::1", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("probe.example.vn", None),
        ("", None),
    ],
)
def test_the_longest_prefix_tells_whose_an_address_is(address: str, code: str | None) -> None:
    assert prefixes(TABLE).provider_of(address) == code
    assert prefixes(TABLE[::-1]).provider_of(address) == code


def networks(version: int) -> st.SearchStrategy[IPv4Network | IPv6Network]:
    """Networks among 256 addresses, so that they touch, nest and repeat."""
    bits, kind = (32, IPv4Network) if version == 4 else (128, IPv6Network)
    return st.builds(
        lambda low, lost: kind((((0x0A000000 << (bits - 32)) + low) >> lost << lost, bits - lost)),
        st.integers(0, 255),
        st.integers(0, 8),
    )


@given(
    st.dictionaries(networks(4) | networks(6), st.sampled_from("abc"), max_size=24),
    st.integers(-2, 258),
    st.sampled_from([(4, 32), (6, 128)]),
)
def test_it_finds_what_looking_at_every_prefix_finds(table: dict, low: int, kind: tuple[int, int]) -> None:
    version, bits = kind
    address = ip_address((0x0A000000 << (bits - 32)) + low) if version == 6 else ip_address(0x0A000000 + low)
    around = [network for network in table if network.version == version and address in network]
    longest = max(around, key=lambda network: network.prefixlen, default=None)
    found = Prefixes(Prefix(network, code) for network, code in table.items())
    assert found.provider_of(str(address)) == (table[longest] if longest else None)


@given(st.sets(networks(4) | networks(6), max_size=16))
def test_the_smallest_prefix_around_another_is_found(table: set) -> None:
    for network in table:
        around = [one for one in table if one != network and one.version == network.version and network.subnet_of(one)]
        assert enclosing(table).get(network) == max(around, key=lambda one: one.prefixlen, default=None)


def csv(*rows: str, headings: str = "Dải địa chỉ,Nhà mạng") -> bytes:
    return "\n".join([headings, *rows]).encode()


def take(engine: Engine, content: bytes) -> prefix_file.Checked:
    """Import a file, as the command does."""
    with writing(engine) as connection:
        checked = prefix_file.check(connection, content)
        assert not checked.problems
        prefix_file.apply(connection, checked, "an", 1)
    return checked


def test_a_file_becomes_the_whole_table_and_importing_it_again_changes_nothing(engine: Engine) -> None:
    take(engine, csv("14.160.0.0/11,VNPT Hà Nội", "2001:ee0::/28,VNPT", "27.64.0.0/12,Viettel", "1.2.3.4,Mạng Xã"))
    second = csv("14.160.0.0/11,Vinaphone", "27.64.0.0/12,FPT Telecom", "113.160.0.0/11,VNPT")
    checked = take(engine, second)
    assert (checked.added, checked.changed, checked.removed) == (1, 1, 2)
    with engine.connect() as connection:
        before = [connection.scalar(select(func.count()).select_from(table)) for table in (audit_table, change)]
    assert take(engine, second).is_empty
    with engine.connect() as connection:
        held = [(str(one.network), one.provider) for one in prefix_file.list_prefixes(connection)]
        assert held == [("14.160.0.0/11", "vnpt"), ("27.64.0.0/12", "fpt"), ("113.160.0.0/11", "vnpt")]
        assert set(connection.scalars(select(provider.c.code))) >= {"vnpt", "viettel", "fpt", "mang-xa"}
        after = [connection.scalar(select(func.count()).select_from(table)) for table in (audit_table, change)]
        assert after == before == [2, 2]
        assert audit.verify(connection).broken_at is None
        assert connection.scalars(select(change.c.kind)).all() == ["prefix", "prefix"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("14.160.0.1/11,VNPT", "14.160.0.0/11"),  # what was meant
        ("14.160.0.0/33,VNPT", "14.160.0.0/33"),
        ("0.0.0.0/0,VNPT", "0.0.0.0/0"),
        ("2000::/3,VNPT", "2000::/3"),
        ("khong-phai,VNPT", "khong-phai"),
        ("14.160.0.0/11,", "thiếu"),
        (",VNPT", "thiếu"),
        ("=1+1,VNPT", "công thức"),
        ("27.64.0.0/12,VNPT", "dòng 2"),  # once more
    ],
)
def test_a_bad_row_is_told_by_its_number(engine: Engine, row: str, told: str) -> None:
    with engine.connect() as connection:
        checked = prefix_file.check(connection, csv("27.64.0.0/12,Viettel", "", row, "1.2.3.0/24,FPT"))
    assert [problem.row for problem in checked.problems] == [4]
    assert told in checked.problems[0].vi
    assert len(checked.listed) == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfeD\x00", csv(headings="Nhà mạng,Ghi chú"), b"\x80"])
def test_a_file_that_is_no_such_table_is_refused(engine: Engine, content: bytes) -> None:
    with engine.connect() as connection:
        assert prefix_file.check(connection, content).problems


def test_rows_that_lie_within_another_providers_are_told_and_counted(engine: Engine) -> None:
    with engine.connect() as connection:
        checked = prefix_file.check(
            connection,
            csv(
                "14.162.0.0/16,Viettel",
                "14.160.0.0/11,VNPT",
                "14.163.0.0/16,VNPT",
                headings="cidr;provider".replace(";", ","),
            ),
        )
    assert not checked.problems
    assert [(told.row, "dòng 3" in told.vi) for told in checked.overlaps] == [(2, True)]


def test_twenty_thousand_prefixes_are_one_search_each() -> None:
    chance = random.Random(4)
    rows = {ip_network((chance.getrandbits(32 - 8) << 8, 24)): chance.choice("ab") for _ in range(20_000)}
    found = Prefixes(Prefix(network, code) for network, code in rows.items())
    for network, code in list(rows.items())[:500]:
        assert found.provider_of(str(network[7])) == code


def test_the_commands_check_import_and_list(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DIEMCAU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    file = tmp_path / "prefixes.csv"
    run = CliRunner().invoke
    assert run(main, ["init"]).exit_code == 0
    file.write_bytes(csv("14.160.0.0/11,VNPT", "xyz,VNPT"))
    refused = run(main, ["prefixes", "import", str(file)])
    assert (refused.exit_code, "Dòng 3" in refused.output) == (1, True)
    file.write_bytes(csv("14.160.0.0/11,VNPT"))
    assert "thêm 1" in run(main, ["prefixes", "check", str(file)]).output
    assert run(main, ["prefixes", "list"]).output == ""
    assert "Đã nhập." in run(main, ["prefixes", "import", str(file)]).output
    assert run(main, ["prefixes", "list"]).output == "14.160.0.0/11\tvnpt\n"
