"""What tells two machines apart, and what a machine may change and be the same."""

from __future__ import annotations

import re

import pytest

from agent import hardware
from agent.hardware import facts, is_other

UUID = "4C4C4544-0035-3510-8051-B4C04F4D3332"


@pytest.fixture
def make_machine(tmp_path):
    """Return a function that lays out the files of a machine: its board, disks and network cards."""

    def make(name, board=UUID, disks=("S3Z9NB0K123ABC",), cards=("d8:cb:8a:11:22:33",), dock="", memory_card=""):
        root = tmp_path / name
        put(root / "sys/class/dmi/id/product_uuid", board)
        for number, serial in enumerate(disks):
            device(root, f"devices/pci/nvme/nvme{number}n1", f"block/nvme{number}n1", serial=serial, removable="0")
        for number, address in enumerate(cards):
            card = {"address": address, "addr_assign_type": "0"}
            device(root, f"devices/pci/net/eth{number}", f"class/net/eth{number}", **card)
        if memory_card:
            device(root, "devices/pci/mmc/mmcblk0", "block/mmcblk0", serial=memory_card, removable="1")
        if dock:
            card = {"address": dock, "addr_assign_type": "0"}
            device(root, "devices/pci/usb1/1-1/net/dock0", "class/net/dock0", **card)
        return facts(root)

    return make


def put(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n")


def device(root, place, shown, **files):
    """Make a device at a place under /sys, shown by a link, as the kernel does it."""
    for name, text in files.items():
        put(root / "sys" / place / name, text)
    (root / "sys" / place / "device").symlink_to("..")
    link = root / "sys" / shown
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(root / "sys" / place)


OTHER = {"board": "11111111-2222-3333-4444-555555555555", "disks": ("WD-WX31A",), "cards": ("00:1b:21:aa:bb:cc",)}


def test_a_machine_is_known_by_board_disk_and_card_and_only_their_hashes_are_kept(make_machine):
    found = make_machine("ours")
    assert set(found) == {"board", "disk", "card"}
    assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for ones in found.values() for one in ones)
    assert not is_other(found, found)


def test_a_copy_of_its_disk_in_another_machine_is_another(make_machine):
    assert is_other(make_machine("ours"), make_machine("theirs", **OTHER))


@pytest.mark.parametrize("kind", OTHER)
def test_one_new_part_leaves_it_the_same_machine(make_machine, kind):
    assert not is_other(make_machine("before"), make_machine("after", **{kind: OTHER[kind]}))


def test_a_new_board_with_its_card_leaves_the_disk(make_machine):
    changed = {name: OTHER[name] for name in ("board", "cards")}
    assert not is_other(make_machine("before"), make_machine("after", **changed))


def test_a_second_card_or_disk_or_a_dock_changes_nothing(make_machine):
    before = make_machine("before")
    more = {"disks": ("S3Z9NB0K123ABC", "WD-WX31A"), "cards": ("00:1b:21:aa:bb:cc", "d8:cb:8a:11:22:33")}
    assert not is_other(before, make_machine("more", **more))
    assert make_machine("docked", dock="02:00:5e:00:53:01") == before
    assert make_machine("with a memory card", memory_card="0x13E8C2A7") == before


def test_a_card_alone_proves_nothing(make_machine):
    lonely = {"board": "", "disks": ()}
    assert not is_other(make_machine("before", **lonely), make_machine("after", **lonely, cards=("00:1b:21:aa:bb:cc",)))


@pytest.mark.parametrize(
    "blank",
    [
        "03000200-0400-0500-0006-000700080009",
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "To Be Filled By O.E.M.",
        "Default string",
        "Not Specified",
        "None",
        "0",
        "",
    ],
)
def test_what_makers_leave_blank_or_alike_says_nothing(make_machine, blank):
    assert set(make_machine("cheap", board=blank, disks=(blank,))) == {"card"}


def test_an_address_that_software_chose_says_nothing(make_machine, tmp_path):
    make_machine("random")
    device(
        tmp_path / "random",
        "devices/pci/net/wlan1",
        "class/net/wlan1",
        address="4e:11:22:33:44:55",
        addr_assign_type="1",
    )
    assert len(facts(tmp_path / "random")["card"]) == 1


def test_a_machine_of_which_nothing_can_be_read_is_nobody_else(tmp_path, make_machine):
    assert facts(tmp_path / "nothing") == {}
    assert not is_other(make_machine("ours"), {})
    assert not is_other({}, make_machine("theirs", **OTHER))


def test_the_systems_uuid_is_read_out_of_windows_firmware_table():
    bios = bytes([0, 24, 0, 0]) + bytes(20) + b"Vendor\x00Version\x00\x00"
    system = bytes([1, 27, 1, 0, 1, 2, 3, 4]) + bytes(range(16)) + bytes(3) + b"Maker\x00\x00"
    assert hardware.smbios_uuid(bytes(8) + bios + system) == bytes(range(16)).hex()
    assert hardware.smbios_uuid(bytes(8) + bios) == ""
    assert hardware.smbios_uuid(b"") == ""


def test_what_the_centre_is_told_names_nothing_and_tells_a_machine_from_a_copy_and_not_from_itself_repaired(
    make_machine,
):
    ours = hardware.digest(make_machine("ours"))
    assert re.fullmatch("[0-9a-f]{32}", ours)
    assert ours == hardware.digest(make_machine("repaired", disks=OTHER["disks"], cards=OTHER["cards"]))
    assert ours != hardware.digest(make_machine("theirs", **OTHER))


@pytest.mark.parametrize(("board", "disks"), [("", ("S3Z9NB0K123ABC",)), ("", ())])
def test_without_a_board_the_centre_is_told_of_the_disk_or_else_the_card(make_machine, board, disks):
    ours = hardware.digest(make_machine("ours", board, disks))
    theirs = OTHER["disks"] if disks else ()
    assert None not in {ours, hardware.digest(make_machine("theirs", board, theirs, OTHER["cards"]))}
    assert ours != hardware.digest(make_machine("copy", board, theirs, OTHER["cards"]))


def test_a_machine_of_which_nothing_can_be_read_is_not_told_of():
    assert hardware.digest({}) is None
