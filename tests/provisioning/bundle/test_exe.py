from __future__ import annotations

import pytest

from provisioning.bundle.imports import imports, lacking


def test_the_installer_is_for_64_bit_and_the_starter_for_any_windows(exe):
    machines = {}
    for name, file in exe.items():
        image = file.read_bytes()
        start = int.from_bytes(image[0x3C:0x40], "little")
        machines[name] = image[start + 4 : start + 6].hex()
    assert machines == {"installer": "6486", "starter": "4c01"}  # AMD64, I386


def test_both_are_named_by_their_windows_so_that_those_for_another_can_lie_beside_them(exe):
    assert {file.name for file in exe.values()} == {f"diemcau-agent-0.1.0-windows10-x{n}.exe" for n in ("64", "86")}


@pytest.mark.parametrize("name", ["installer", "starter"])
def test_what_a_program_needs_from_windows_can_be_read(exe, name):
    found = set(imports(exe[name].read_bytes()))
    assert {"CreateProcessW", "RegCreateKeyExW", "GetTempPathW"} <= found


@pytest.mark.parametrize("name", ["installer", "starter"])
def test_a_function_that_old_windows_lacks_is_found(exe, name, tmp_path):
    assert lacking(exe[name].parent) == []
    (tmp_path / "modern.pyd").write_bytes(exe[name].read_bytes().replace(b"CreateProcessW\0", b"ProcessPrng\0\0\0\0"))
    assert lacking(tmp_path) == ["modern.pyd: ProcessPrng"]


@pytest.mark.parametrize("image", [b"", b"MZ", b"#!/bin/sh\n" * 20, b"MZ" + b"\0" * 100])
def test_what_is_no_program_is_told(image):
    with pytest.raises(ValueError, match="program of Windows"):
        list(imports(image))
