"""Runs a program on a machine whose devices umockdev plays.

    umockdev-wrapper /usr/bin/python3 testbed.py FOLDER EDID PROGRAM ARGUMENT...

FOLDER holds devices.umockdev and trees of /proc; EDID is what the television says, in hex. Under Debian's own Python,
which has GObject introspection; the program may be any. Video nodes answer VIDIOC_QUERYCAP: video10 is a codec.
"""

import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

QUERYCAP = 0x80685600
CAPABILITIES = {  # of the device, of the node: as uvcvideo and bcm2835-codec say
    "video0": (0x84A00001, 0x04200001),
    "video1": (0x84A00001, 0x04A00000),
    "video10": (0x84204000, 0x04204000),
}


def main(folder: Path, edid: str, program: list[str]) -> int:
    testbed = UMockdev.Testbed.new()
    description = (folder / "devices.umockdev").read_text(encoding="utf-8")
    testbed.add_from_string(description.replace("@TELEVISION@", edid))
    shutil.copytree(folder / "proc", Path(testbed.get_root_dir()) / "proc")
    answers = [answer(testbed, *item) for item in CAPABILITIES.items()]
    loop = GLib.MainLoop()
    ended = []

    def run() -> None:
        ended.append(subprocess.call(program))
        loop.quit()

    threading.Thread(target=run).start()
    loop.run()
    assert answers
    return ended[0]


def answer(testbed: UMockdev.Testbed, node: str, capabilities: tuple[int, int]) -> UMockdev.IoctlBase:
    """Let a node answer like its driver; the answer lives as long as what is returned."""
    capability = struct.pack("16s32s32sIII12x", b"driver", b"card", b"bus", 0x60100, *capabilities)

    def handle(_: UMockdev.IoctlBase, client: UMockdev.IoctlClient) -> bool:
        if client.props.request != QUERYCAP:
            return False
        client.get_arg().resolve(0, len(capability)).update(0, list(capability))
        client.complete(0, 0)
        return True

    base = UMockdev.IoctlBase()
    base.connect("handle-ioctl", handle)
    assert testbed.attach_ioctl(f"/dev/{node}", base)
    return base


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
