"""run, stop: the resident."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from agent.commands.here import fail, settings
from contract.languages import say


@click.command(
    help=say("Chạy thường trực: đo theo lịch và gửi kết quả.", "Keep running: measure by schedule and report.")
)
def run() -> None:
    """Become the resident agent; one that waits to be enrolled goes on trying that first."""
    from agent import paths, sleep

    sleep.hold_off()
    if not (paths.home() / paths.REQUEST).exists():
        settings()
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(paths.home() / paths.SETTINGS)]
    if sys.platform == "win32":  # exec there returns to the shell and leaves the new program behind it
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


@click.command(
    help=say("Dừng phần mềm đang chạy thường trực trên máy này.", "Stop the resident that runs on this machine.")
)
def stop() -> None:
    """End the resident and wait until it is gone; none running is well."""
    from agent import lock, paths, stopping

    try:
        is_running = lock.holder(paths.home() / paths.LOCK) is not None
        is_gone = stopping.stop(paths.home())
    except OSError as error:
        fail(say(f"Không dừng được: {error}", f"It cannot be stopped: {error}"))
    if not is_gone:
        fail(
            say(
                "Phần mềm vẫn chạy. Hãy khởi động lại máy rồi làm lại.",
                "It still runs. Restart this machine and try again.",
            )
        )
    click.echo(say("Đã dừng.", "Stopped.") if is_running else say("Không có gì đang chạy.", "Nothing was running."))
