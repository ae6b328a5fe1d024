"""The command line `diemcau-agent`. Each command imports what it needs, so that the light ones stay light.

Exit codes: 0 done and well; 1 something is wrong, the text says what; 2 the command was mistyped; 3 not enrolled yet.
"""

from __future__ import annotations

import sys

import click

from agent.commands import enrolment, look, measure, running
from contract.languages import say
from contract.usage import speak

if sys.platform == "win32":  # into a file or pipe it writes in the country's code page, which may lack our letters
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # as with pythonw
            stream.reconfigure(encoding="utf-8")


@click.group(
    help=say(
        "Phần mềm kiểm tra của điểm cầu: đo máy và đường truyền, gửi kết quả về trung tâm.\n\n"
        "Bắt đầu: diemcau-agent enrol MÃ --server https://… rồi diemcau-agent run",
        "The agent of a site: measures the machine and its line, and reports to the centre.\n\n"
        "To begin: diemcau-agent enrol CODE --server https://… and then diemcau-agent run",
    )
)
def main() -> None:
    """Take the command line."""


for _command in (
    enrolment.enrol,
    running.run,
    running.stop,
    measure.once,
    measure.probe,
    measure.inventory,
    look.spool,
    look.doctor,
    look.version,
):
    main.add_command(_command)
speak(main)


if __name__ == "__main__":
    main(prog_name="diemcau-agent")
