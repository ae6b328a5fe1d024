"""What is installed at a site: each bundle holds the agent, its libraries and the centre that it belongs to."""

from __future__ import annotations

from provisioning.bundle import deb, exe

BUNDLES = (deb.BUNDLE, exe.BUNDLE)
