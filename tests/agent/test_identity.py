from __future__ import annotations

import os
import re
import stat

import pytest

from agent import identity, paths


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights otherwise")
def test_secrets_are_readable_by_their_owner_alone(tmp_path):
    folder = tmp_path / "agent"
    identity.keep_password(folder)
    identity.keep_permit_key(folder, "ab" * 32)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in (paths.PASSWORD, paths.PERMIT_KEY):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert sorted(file.name for file in folder.iterdir()) == ["password", "permit_key"]


def test_a_password_is_made_once_and_is_long(tmp_path):
    password = identity.keep_password(tmp_path)
    assert re.fullmatch("[A-Za-z0-9_-]{32}", password)
    assert identity.keep_password(tmp_path) == password
    assert identity.keep_password(tmp_path / "another") != password


def test_a_draft_left_by_a_power_cut_does_not_stop_it(tmp_path):
    (tmp_path / "password.new").write_text("half")
    assert len(identity.keep_password(tmp_path)) == 32


@pytest.mark.parametrize(
    ("platform", "environ", "end"),
    [
        ("linux", {"HOME": "/home/an"}, "/home/an/.local/state/diemcau-agent"),
        ("linux", {"HOME": "/home/an", "XDG_STATE_HOME": "/state"}, "/state/diemcau-agent"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/DiemCau"),
        ("darwin", {"HOME": "/Users/an"}, "/Users/an/Library/Application Support/DiemCau"),
        ("win32", {"DIEMCAU_AGENT_HOME": "/chosen"}, "/chosen"),
    ],
)
def test_each_system_has_its_place_and_the_variable_wins(platform, environ, end):
    assert paths.home(environ, platform).as_posix() == end
