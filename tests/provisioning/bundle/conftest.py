"""Bundles as `diemcau-provision bundle build` makes them, for a centre in a folder of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from provisioning.cli import main

Ask = Callable[..., Result]
Build = Callable[..., list[Path]]


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A function that runs diemcau-provision for a centre that was set up and does not run."""
    home = tmp_path_factory.mktemp("bundles") / "centre"

    def run(*arguments: object, **environ: str) -> Result:
        told = {**os.environ, "DIEMCAU_HOME": str(home), "DIEMCAU_LANG": "en", **environ}
        return CliRunner().invoke(main, [str(one) for one in arguments], env=told)

    assert run("init").exit_code == 0
    return run


@pytest.fixture(scope="session")
def build(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A function that builds a bundle in a folder that is not there yet, and returns its files; it tells of each."""

    def make(name: str, *options: object) -> list[Path]:
        folder = tmp_path_factory.mktemp(name) / "new"
        result = ask("bundle", "build", name, "--folder", folder, *options)
        assert result.exit_code == 0, result.output
        files = sorted(folder.iterdir())
        assert "Fetching libraries" in result.output
        assert [f"Made {file} (" in result.output for file in files] == [True] * len(files)
        return files

    return make


@pytest.fixture(scope="session")
def deb(build: Build) -> Path:
    """The package for Debian 12 on amd64."""
    (file,) = build("deb")
    return file


@pytest.fixture(scope="session")
def exe(build: Build) -> dict[str, Path]:
    """The installer for 64-bit Windows, and the starter for any."""
    installer, starter = build("exe")
    return {"installer": installer, "starter": starter}
