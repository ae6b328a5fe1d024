from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from provisioning import secret_files


def test_of_many_who_make_a_key_at_once_all_get_the_same(tmp_path: Path):
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: secret_files.key(tmp_path, "key"), range(64)))
    assert len(made) == 1
    assert len(made.pop()) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_secret_is_its_owners_alone_also_when_it_replaces_an_open_file(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    secret_files.write(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
