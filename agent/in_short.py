"""What a measurement came to: one sentence that a teacher understands, and the exit code that tells it to scripts."""

from __future__ import annotations

import time
from typing import Dict, List, NamedTuple, Optional, Tuple

from agent.child import Outcome
from contract.findings import Direction, Line, Path
from contract.languages import language, say
from contract.reasons import show
from contract.report import Report

WELL, NOT_MEASURED, FAILS, UNSURE, NOT_NOW = 0, 1, 4, 5, 6
_NOT_NOW = ("not_selected", "stopped", "needs_consent", "old_nonce")

_LATER = (
    "hãy tạm dừng các máy khác rồi đo lại sau 15 phút, nếu vẫn vậy thì gọi nhà mạng.",
    "pause the other machines and measure again in 15 minutes, and if it stays, call the provider.",
)
_BY_CABLE = (  # Wi-Fi may be what is slow
    "hãy cắm dây mạng rồi đo lại, nếu vẫn vậy thì gọi nhà mạng.",
    "use a cable and measure again, and if it stays, call the provider.",
)
_FAILURES: Dict[str, Tuple[str, str]] = {
    "portal": (
        "Mạng này đòi đăng nhập trước: hãy mở trình duyệt, đăng nhập vào mạng (Wi-Fi), rồi đo lại.",
        "This network wants a login first: open a browser, log in to the network (Wi-Fi), and measure again.",
    ),
    "proxy": (
        "Không đo được vì proxy của mạng này không cho qua: hãy hỏi người quản trị mạng của trường.",
        "Nothing could be measured because this network's proxy is in the way: ask who looks after the network.",
    ),
    "unreachable": (
        "Không tới được máy chủ đo: hãy kiểm tra dây mạng hoặc Wi-Fi, rồi chạy diemcau-agent doctor xem vướng ở đâu.",
        "The probe server cannot be reached: check the cable or the Wi-Fi, then run diemcau-agent doctor to see why.",
    ),
    "timeout": (
        "Phép đo không xong trong thời gian cho phép: hãy đóng bớt chương trình rồi đo lại.",
        "The measurement did not end in its time: close programs and measure again.",
    ),
}
_FAULT = (
    "Không đo được vì phần mềm gặp lỗi: hãy chạy diemcau-agent doctor --bundle loi.zip rồi gửi tệp đó cho VNPT.",
    "Nothing could be measured because the program failed: run diemcau-agent doctor --bundle fault.zip and send VNPT "
    "that file.",
)
_CUT_OFF = (
    "Máy chủ đo vừa ngắt lượt này: hãy đo lại sau ít phút.",
    "The probe server has just ended this test: measure again in a few minutes.",
)
_REFUSALS: Dict[str, Tuple[str, str]] = {
    "wrong_answer": (
        "Máy chủ đo chưa nhận máy này: nếu đang chờ duyệt thì đợi Sở hoặc VNPT, nếu không thì đăng ký lại bằng mã trên "
        "phiếu.",
        "The probe server does not take this machine: if it waits for approval, wait, else enrol again by the sheet.",
    ),
    "no_key": (
        "Máy này thiếu khóa để xin đo đường truyền: hãy đăng ký lại bằng mã trên phiếu.",
        "This machine lacks the key by which it asks for a line test: enrol again with the code on the sheet.",
    ),
    "old_nonce": (
        "Mạng quá chậm nên chưa xin được lượt đo: hãy đo lại sau ít phút.",
        "The network is too slow to ask for a line test: measure again in a few minutes.",
    ),
    "not_selected": (
        "Điểm cầu này chưa đến lượt đo đường truyền: không phải làm gì, cứ để máy bật.",
        "It is not this site's turn to measure its line: nothing is to be done, leave the machine on.",
    ),
    "stopped": (
        "Trung tâm đang tạm dừng đo đường truyền: hãy đo lại sau.",
        "The centre has stopped line tests for now: measure again later.",
    ),
    "bad_request": (
        "Phần mềm trên máy này cũ hơn máy chủ đo: hãy cài bản mới rồi đo lại.",
        "The program on this machine is older than the probe server: install the new one and measure again.",
    ),
}
_DISTURBANCES: Dict[str, Tuple[str, str, str, str]] = {  # the worst first: why, what to do; both languages
    "server_limit": (
        "máy chủ đo đang quá tải",
        "chờ ít phút",
        "the probe server was at its limit",
        "wait a few minutes",
    ),
    "weak_wifi": (
        "sóng Wi-Fi yếu",
        "cắm dây mạng hoặc đưa máy lại gần bộ phát Wi-Fi",
        "the Wi-Fi was weak",
        "use a cable or bring the machine nearer to the access point",
    ),
    "other_traffic": (
        "máy đang tải thứ khác",
        "dừng việc tải, cập nhật và đồng bộ trên máy",
        "the machine was moving something else",
        "stop downloads, updates and syncing on it",
    ),
    "busy_processor": ("máy quá bận", "đóng bớt chương trình", "the machine was too busy", "close programs"),
}


class Short(NamedTuple):
    """What it came to: one sentence, and the exit code."""

    text: str
    code: int


def of(probe: str, outcome: Outcome, now_us: int) -> Optional[Short]:
    """Return what a round of this probe came to; None of a probe that has no sentence: its table tells it."""
    if outcome.is_booked and probe not in outcome.found:
        return Short(booked(outcome.line_again_s or 0.0, now_us), NOT_NOW)
    if outcome.refusal:
        return Short(refused(outcome.refusal, outcome.most_bytes), NOT_NOW if outcome.refusal in _NOT_NOW else 1)
    report = Report.model_validate_json(outcome.body or b"")
    measured = next((measurement for measurement in report.measurements if measurement.probe == probe), None)
    if measured is None:
        return None
    if measured.failure is not None and measured.failure.code == "refused":  # by no code: it broke off
        return Short(say(*_CUT_OFF), NOT_MEASURED)
    if measured.failure is not None:
        return Short(say(*_FAILURES.get(measured.failure.code, _FAULT)), NOT_MEASURED)
    if isinstance(measured.findings, Line):
        return of_line(measured.findings)
    return Short(_of_path(measured.findings), WELL) if isinstance(measured.findings, Path) else None


def booked(in_s: float, now_us: int) -> str:
    """Return that the probe server is busy, and until when."""
    at = time.localtime(now_us / 1e6 + in_s)
    clock, day = f"{at.tm_hour}:{at.tm_min:02}", f"{at.tm_mday}/{at.tm_mon}"
    is_today = at[:3] == time.localtime(now_us / 1e6)[:3]
    vi, en = ("", "") if is_today else (f" ngày {day}", f" on {day}")
    return say(
        f"Máy chủ đo đang bận và đã giữ chỗ cho máy này, sẽ đo lúc {clock}{vi}: hãy tự chạy lại lệnh này lúc đó.",
        f"The probe server is busy and has kept a turn for this machine at {clock}{en}: run this command again "
        "yourself then.",
    )


def refused(code: str, most_bytes: int) -> str:
    """Return why the probe server lets nobody load the line, and what to do."""
    if code == "needs_consent":
        size = show(most_bytes, "byte", language())
        return say(
            f"Chưa đo vì máy này ra mạng bằng 4G và một lần đo có thể tốn đến {size}: nếu đồng ý, chạy lại với --yes.",
            f"Not measured because this machine is on 4G and a test may cost up to {size}: run it with --yes to agree.",
        )
    return say(*_REFUSALS.get(code, _FAULT))


def of_line(line: Line) -> Short:
    """Return what a line test came to."""
    ways = [(name, way) for name, way in ((_DOWN, line.download), (_UP, line.upload)) if way is not None]
    if not ways:
        return Short(_of_averages(line), WELL)
    outcomes = {way.outcome for _, way in ways}
    if outcomes == {"carries"}:
        return Short(_carries(ways), WELL)
    disturbed = next((words for code, words in _DISTURBANCES.items() if code in line.disturbances), None)
    if disturbed is not None:
        why_vi, do_vi, why_en, do_en = disturbed
        vi = f"Lần đo này chưa nói được gì về đường truyền vì {why_vi} trong lúc đo: hãy {do_vi} rồi đo lại."
        en = f"This test tells nothing of the line because {why_en} meanwhile: {do_en}, then measure again."
        return Short(say(vi, en), UNSURE)
    later = say(*(_BY_CABLE if line.link.value == "wifi" else _LATER))
    return Short(_fails(ways, later), FAILS) if "fails" in outcomes else Short(_unsure(ways, later), UNSURE)


_Way = Tuple[Tuple[str, str], Direction]
_DOWN, _UP = ("tải xuống", "download"), ("tải lên", "upload")


def _carries(ways: List[_Way]) -> str:
    needs_vi = " và ".join(f"{vi} giữ vững {_mbps(way.need_mbps)}" for (vi, _), way in ways)
    needs_en = " and ".join(f"{_mbps(way.need_mbps)} of {en}" for (_, en), way in ways)
    return say(
        f"Đường truyền này đủ cho buổi họp: {needs_vi} như cần.",
        f"This line carries the event: it sustains the {needs_en} that are needed.",
    )


def _fails(ways: List[_Way], later: str) -> str:
    failed = [(name, way) for name, way in ways if way.outcome == "fails"]
    seen_vi = " và ".join(f"{vi} chỉ được khoảng {_mbps(way.rate_mbps)}, {_against(way)}" for (vi, _), way in failed)
    seen_en = " and ".join(f"{en} is about {_mbps(way.rate_mbps)}, {_against(way)}" for (_, en), way in failed)
    others = [_other(name, way) for name, way in ways if way.outcome != "fails"]
    if len(ways) == 1:
        others = [say("chiều kia chưa đo vì đã biết là không đủ", "the other direction was not tried after that")]
    more = "".join(f"; {other}" for other in others)
    return say(
        f"Đường truyền này không đủ cho buổi họp: {seen_vi}{more}; {later}",
        f"This line does not carry the event: {seen_en}{more}; {later}",
    )


def _against(way: Direction) -> str:
    need, minimum = _mbps(way.need_mbps), _mbps(way.minimum_mbps)
    if way.minimum == "above":
        return say(
            f"dưới mức cần {need} nhưng trên mức tối thiểu {minimum}",
            f"below the need of {need} but above the minimum of {minimum}",
        )
    if way.minimum == "below":
        return say(f"dưới cả mức tối thiểu {minimum}", f"below even the minimum of {minimum}")
    return say(
        f"dưới mức cần {need}, gần mức tối thiểu {minimum}", f"below the need of {need}, near the minimum of {minimum}"
    )


def _other(name: Tuple[str, str], way: Direction) -> str:
    vi, en = name
    if way.outcome == "carries":
        return say(f"chiều {vi} thì đủ", f"the {en} is enough")
    return say(f"chiều {vi} chưa chắc", f"the {en} is not certain")


def _unsure(ways: List[_Way], later: str) -> str:
    open_ways = [(name, way) for name, way in ways if way.outcome == "unsure"]
    if any(not way.low_mbps <= way.need_mbps <= way.high_mbps for _, way in open_ways):  # broken off, or too short
        return say(
            "Chưa kết luận được đường truyền này có đủ hay không vì lần đo dừng giữa chừng: hãy đo lại sau ít phút.",
            "It is not certain that this line carries the event, for the test ended too soon: measure again in a few "
            "minutes.",
        )
    seen_vi = " và ".join(f"{vi} lúc trên lúc dưới mức cần {_mbps(way.need_mbps)}" for (vi, _), way in open_ways)
    seen_en = " and ".join(
        f"the {en} goes above and below the {_mbps(way.need_mbps)} needed" for (_, en), way in open_ways
    )
    return say(
        f"Chưa kết luận được đường truyền này có đủ hay không vì {seen_vi}; {later}",
        f"It is not certain that this line carries the event, for {seen_en}; {later}",
    )


def _of_averages(line: Line) -> str:
    down, up = _mbps(line.download_mbps or 0.0), _mbps(line.upload_mbps or 0.0)
    return say(
        f"Speedtest thấy trung bình tải xuống {down}, tải lên {up}, chỉ để tham khảo: đường truyền có đủ cho buổi họp "
        "hay không thì xem bằng diemcau-agent probe line.",
        f"Speedtest saw an average of {down} down and {up} up, for information only: whether the line carries the "
        "event is told by diemcau-agent probe line.",
    )


def _of_path(path: Path) -> str:
    lost = path.sent - path.received
    trip = "?" if path.rtt_ms.value is None else show(path.rtt_ms.value, "ms", language())
    return say(
        f"Gửi {path.sent} gói nhỏ tới máy chủ đo thì mất {lost} gói, mỗi gói đi và về trong khoảng {trip}.",
        f"Of {path.sent} small packets to the probe server {lost} were lost; each took about {trip} there and back.",
    )


def _mbps(value: float) -> str:
    return show(value, "Mbit/s", language())
