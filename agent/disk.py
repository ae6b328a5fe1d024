"""Says in plain words, once, that reports cannot be kept on the disk and what to do; and once, that they can again."""

from __future__ import annotations

from agent import log
from agent.spool import SpoolError, SpoolFullError
from contract.languages import say


class Disk:
    """What was told last of the disk under the spool."""

    def __init__(self) -> None:
        self._told = ""

    def failed(self, error: SpoolError) -> None:
        """Hear that something could not be read or written there."""
        if self._told != type(error).__name__:
            self._told = type(error).__name__
            log.tell(f"{_trouble(error)} ({error})")

    def kept(self) -> None:
        """Hear that a report was kept."""
        if self._told:
            self._told = ""
            log.tell(say("Ổ đĩa lại lưu được báo cáo.", "The disk keeps reports again."))


def _trouble(error: SpoolError) -> str:
    if isinstance(error, SpoolFullError):
        return say(
            "Ổ đĩa đã đầy nên không lưu được báo cáo. Xóa bớt tệp; có chỗ trống là máy tự đo và gửi tiếp.",
            "The disk is full, and no report can be kept. Delete files: with room it goes on by itself.",
        )
    return say(
        "Không dùng được ổ đĩa để lưu báo cáo. Kiểm tra ổ đĩa và quyền ghi; máy vẫn chạy và tự thử lại.",
        "The disk cannot be used to keep reports. Check it, and who may write; the agent stays on and tries again.",
    )
