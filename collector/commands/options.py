"""Options that several groups of commands share."""

from __future__ import annotations

import click

from contract.languages import say

SESSION = click.option(
    "--session",
    "session_code",
    metavar=say("MÃ", "CODE"),
    help=say("Mã buổi; không có thì buổi đang hoặc sắp họp.", "A session; else the one of now, or the next."),
)
