"""Why a verdict is what it is: the reason codes, their parameters, their usual owner, and both texts."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Tuple


class Reason(NamedTuple):
    """One reason: the parameters that both its texts show, whose it usually is, what it says, what to do next."""

    params: Tuple[str, ...]
    owner: str  # "line": whoever carries the site's line
    vi: str
    en: str
    next_vi: str
    next_en: str


_MEASURED = ("measured", "ready")

REASONS: Mapping[str, Reason] = {
    "ok": Reason(_MEASURED, "site", "{measured}, đạt mức {ready}", "{measured}, meets {ready}", "", ""),
    "present": Reason((), "site", "Đang kết nối", "Connected", "", ""),
    "proven": Reason((), "site", "Đã được xác nhận", "Proven", "", ""),
    "never_checked": Reason(
        (),
        "site",
        "Chưa được kiểm tra",
        "Never checked",
        "Bật máy. Chưa cài phần mềm kiểm tra thì cài bằng mã trên phiếu; đã cài thì chờ ít phút cho lượt đo đầu.",
        "Switch the machine on. Install the agent by the code on the sheet, or wait some minutes for its first round.",
    ),
    "expired": Reason(
        ("validity_h",),  # not its age: a standing verdict must stay true while time passes
        "site",
        "Kết quả đã quá cũ: ở mốc này chỉ có giá trị {validity_h} giờ",
        "The result is too old: it is valid for {validity_h} h at this gate",
        "Bật máy và giữ kết nối mạng để đo lại.",
        "Switch the machine on and keep it connected, so that it measures again.",
    ),
    "could_not_measure": Reason(
        ("failure",),
        "site",
        "Không đo được ({failure})",
        "Could not be measured ({failure})",
        "Bấm đo lại; nếu vẫn không được, gọi VNPT.",
        "Measure again; if it still fails, call VNPT.",
    ),
    "other_line": Reason(
        (),
        "site",
        "Đo trên đường truyền khác với đường truyền đã đăng ký",
        "Measured on another line than the registered one",
        "Nối máy vào đường truyền đã đăng ký rồi đo lại; nếu đã đổi đường truyền, báo cho Sở.",
        "Connect the machine to the registered line and measure again; if the line has changed, tell the department.",
    ),
    "other_gateway": Reason(
        (),
        "site",
        "Từ lần đo đường truyền, máy đã chuyển sang bộ định tuyến (modem) khác",
        "Since the line test the machine has moved behind another router",
        "Nếu máy vẫn ở điểm cầu (mới thay modem, đổi Wi-Fi): đo lại đường truyền. Nếu đã mang đi: mang về rồi đo lại.",
        "If the machine is still at the site (a new router, another Wi-Fi): test the line again. If it was taken away: "
        "bring it back, then test again.",
    ),
    "download_low": Reason(
        _MEASURED,
        "line",
        "Tốc độ tải xuống {measured}, cần ít nhất {ready}",
        "Download {measured}, needs at least {ready}",
        "Nhà mạng kiểm tra đường truyền; điểm cầu tạm ngừng các máy khác.",
        "The provider checks the line; the site pauses other machines.",
    ),
    "upload_low": Reason(
        _MEASURED,
        "line",
        "Tốc độ tải lên {measured}, cần ít nhất {ready}",
        "Upload {measured}, needs at least {ready}",
        "Nhà mạng kiểm tra đường truyền; điểm cầu tạm ngừng các máy khác.",
        "The provider checks the line; the site pauses other machines.",
    ),
    "unsure": Reason(
        ("low", "high", "ready"),
        "site",
        "Chưa chắc đủ: đo được từ {low} đến {high}, cần {ready}",
        "Not sure that it is enough: {low} to {high}, needs {ready}",
        "Đo lại; trong khi đo, tạm ngừng các máy khác.",
        "Measure again, with other machines paused.",
    ),
    "unconfirmed": Reason(
        ("measured",),
        "site",
        "Mới một lần đo chưa đạt ({measured}), chờ đo lại vào lúc khác",
        "Fell short once ({measured}), to be repeated at another time",
        "Giữ máy bật để máy tự đo lại, hoặc bấm đo lại sau ít nhất 10 phút.",
        "Keep the machine on, so that it measures again, or ask for it after 10 minutes or more.",
    ),
    "not_tried": Reason(
        (),
        "site",
        "Chưa thử, vì chiều kia đã không đủ",
        "Not tried, because the other direction had failed",
        "Xử lý chiều kia trước, rồi đo lại.",
        "Mend the other direction first, then measure again.",
    ),
    "need_changed": Reason(
        ("tested", "ready"),
        "site",
        "Lần đo trước hỏi mức {tested}, nay cần {ready}",
        "The test asked for {tested}, and {ready} is needed now",
        "Bấm đo lại.",
        "Measure again.",
    ),
    "other_traffic": Reason(
        (),
        "site",
        "Máy đang tải thứ khác trong lúc đo, nên chưa nói được gì về đường truyền",
        "The machine moved something else meanwhile, so that this tells nothing of the line",
        "Dừng việc tải, cập nhật và đồng bộ trên máy, rồi đo lại.",
        "Stop downloads, updates and syncing on the machine, then measure again.",
    ),
    "weak_wifi": Reason(
        (),
        "site",
        "Sóng Wi-Fi yếu trong lúc đo, nên chưa nói được gì về đường truyền",
        "The Wi-Fi was weak meanwhile, so that this tells nothing of the line",
        "Cắm dây mạng, hoặc đưa máy lại gần bộ phát Wi-Fi, rồi đo lại.",
        "Use a cable, or bring the machine nearer to the access point, then measure again.",
    ),
    "busy_processor": Reason(
        (),
        "site",
        "Máy quá bận trong lúc đo, nên chưa nói được gì về đường truyền",
        "The machine was too busy meanwhile, so that this tells nothing of the line",
        "Đóng bớt chương trình, rồi đo lại.",
        "Close programs, then measure again.",
    ),
    "server_limit": Reason(
        (),
        "vnpt",
        "Máy chủ đo hết sức trong lúc đo, nên lần đo này không tính",
        "The probe server was at its limit, so that this test does not count",
        "Điểm cầu không phải làm gì: máy sẽ tự đo lại.",
        "Nothing for the site to do: the machine measures again by itself.",
    ),
    "needs_consent": Reason(
        (),
        "site",
        "Chưa đo: máy ra mạng bằng 4G, và điểm cầu chưa đồng ý cho đo qua 4G",
        "Not measured: the machine is on 4G, and the site has not consented to a test over 4G",
        "Có đường truyền cố định thì nối máy vào đó. Chỉ có 4G thì báo Sở ghi vào danh sách, cột “Cho đo qua 4G”, "
        "số MB được dùng mỗi lần đo.",
        "With a fixed line, connect the machine to it. With 4G alone, have the department enter in the roster how many "
        "MB a test may use (“Cho đo qua 4G”).",
    ),
    "download_delay_high": Reason(
        _MEASURED,
        "line",
        "Khi tải xuống, độ trễ tăng thêm {measured}, cho phép đến {ready}",
        "A download adds {measured} of delay, at most {ready} allowed",
        "Tạm ngừng các máy khác; nếu vẫn vậy, nhà mạng kiểm tra đường truyền và bộ định tuyến.",
        "Pause other machines; if it stays, the provider checks line and router.",
    ),
    "upload_delay_high": Reason(
        _MEASURED,
        "line",
        "Khi tải lên, độ trễ tăng thêm {measured}, cho phép đến {ready}",
        "An upload adds {measured} of delay, at most {ready} allowed",
        "Tạm ngừng các máy khác; nếu vẫn vậy, nhà mạng kiểm tra đường truyền và bộ định tuyến.",
        "Pause other machines; if it stays, the provider checks line and router.",
    ),
    "playback_stalls": Reason(
        _MEASURED,
        "line",
        "Dự báo hình dừng {measured} thời gian xem, chỉ cho phép {ready}",
        "The picture would stand still for {measured} of the time, where {ready} is allowed",
        "Nhà mạng kiểm tra đường truyền; điểm cầu tạm ngừng các máy khác.",
        "The provider checks the line; the site pauses other machines.",
    ),
    "package_low": Reason(
        (*_MEASURED, "package"),
        "ministry",
        "Gói cước {package} thấp hơn mức cần {ready} (đo được {measured})",
        "The package of {package} is below the {ready} needed (measured {measured})",
        "Bên trả tiền nâng gói cước.",
        "Whoever pays upgrades the package.",
    ),
    "loss_high": Reason(
        _MEASURED,
        "line",
        "Mất gói {measured}, cho phép đến {ready}",
        "Packet loss {measured}, at most {ready} allowed",
        "Thử cắm dây mạng thay Wi-Fi; nếu vẫn vậy, nhà mạng kiểm tra.",
        "Try a cable instead of Wi-Fi; if it stays, the provider checks.",
    ),
    "jitter_high": Reason(
        _MEASURED,
        "line",
        "Độ rung (jitter) {measured}, cho phép đến {ready}",
        "Jitter {measured}, at most {ready} allowed",
        "Thử cắm dây mạng thay Wi-Fi; nếu vẫn vậy, nhà mạng kiểm tra.",
        "Try a cable instead of Wi-Fi; if it stays, the provider checks.",
    ),
    "round_trip_high": Reason(
        _MEASURED,
        "line",
        "Độ trễ {measured}, cho phép đến {ready}",
        "Round trip {measured}, at most {ready} allowed",
        "Nhà mạng kiểm tra đường truyền.",
        "The provider checks the line.",
    ),
    "voice_poor": Reason(
        _MEASURED,
        "line",
        "Điểm chất lượng thoại {measured}, cần ít nhất {ready}",
        "Voice quality (R) {measured}, needs at least {ready}",
        "Thử cắm dây mạng thay Wi-Fi; nếu vẫn vậy, nhà mạng kiểm tra.",
        "Try a cable instead of Wi-Fi; if it stays, the provider checks.",
    ),
    "memory_low": Reason(
        _MEASURED,
        "site",
        "Bộ nhớ trống {measured}, cần ít nhất {ready}",
        "Free memory {measured}, needs at least {ready}",
        "Đóng bớt chương trình trước buổi họp.",
        "Close programs before the session.",
    ),
    "disk_low": Reason(
        _MEASURED,
        "site",
        "Ổ đĩa còn trống {measured}, cần ít nhất {ready}",
        "Free disk {measured}, needs at least {ready}",
        "Xóa bớt tệp, dọn thùng rác.",
        "Delete files, empty the bin.",
    ),
    "cpu_high": Reason(
        _MEASURED,
        "site",
        "Bộ xử lý bận {measured}, nên dưới {ready}",
        "Processor {measured} busy, should be below {ready}",
        "Đóng bớt chương trình trước buổi họp.",
        "Close programs before the session.",
    ),
    "camera_missing": Reason(
        _MEASURED,
        "site",
        "Máy có {measured} camera, cần {ready}",
        "{measured} cameras, needs {ready}",
        "Cắm camera vào máy; nếu đã cắm, thử cổng USB khác hoặc cài trình điều khiển.",
        "Plug a camera in; if it is, try another USB port or install its driver.",
    ),
    "microphone_missing": Reason(
        _MEASURED,
        "site",
        "Máy có {measured} micrô, cần {ready}",
        "{measured} microphones, needs {ready}",
        "Cắm micrô hoặc tai nghe có micrô vào máy.",
        "Plug a microphone or a headset in.",
    ),
    "speaker_missing": Reason(
        _MEASURED,
        "site",
        "Máy có {measured} loa, cần {ready}",
        "{measured} speakers, needs {ready}",
        "Cắm loa vào máy, hoặc nối tivi bằng dây HDMI.",
        "Plug speakers in, or connect a television by HDMI.",
    ),
    "display_missing": Reason(
        _MEASURED,
        "site",
        "Máy có {measured} màn hình, cần {ready}",
        "{measured} screens, needs {ready}",
        "Nối màn hình, tivi hoặc máy chiếu vào máy và bật lên.",
        "Connect a screen, television or projector and switch it on.",
    ),
    "camera_blocked": Reason(
        (),
        "site",
        "Hệ điều hành không cho chương trình dùng camera",
        "The system does not let programs use the camera",
        "Windows: mở Cài đặt, Quyền riêng tư, Camera, rồi bật cho phép ứng dụng dùng camera.",
        "Windows: open Settings, Privacy, Camera, and let apps use the camera.",
    ),
    "microphone_blocked": Reason(
        (),
        "site",
        "Hệ điều hành không cho chương trình dùng micrô",
        "The system does not let programs use the microphone",
        "Windows: mở Cài đặt, Quyền riêng tư, Micrô, rồi bật cho phép ứng dụng dùng micrô.",
        "Windows: open Settings, Privacy, Microphone, and let apps use the microphone.",
    ),
    "clock_wrong": Reason(
        _MEASURED,
        "site",
        "Đồng hồ của máy lệch {measured}, cho phép đến {ready}",
        "The machine's clock is off by {measured}, at most {ready} allowed",
        "Bật “Đặt giờ tự động” trong phần Ngày giờ của máy; nếu bật lên lại sai thì thay pin CMOS trên bo mạch.",
        "Switch “Set time automatically” on in the date settings; if it is wrong again after a start, replace the CMOS "
        "battery on the board.",
    ),
    "not_connected": Reason(
        ("state",),
        "site",
        "Thiết bị chưa kết nối ({state})",
        "The device is not connected ({state})",
        "Bật máy và kiểm tra mạng; gọi đầu mối của điểm cầu.",
        "Switch the machine on and check the network; call the site's contact.",
    ),
    "rule_failed": Reason(
        ("rule",),
        "ministry",
        "Không đánh giá được ({rule})",
        "Could not be judged ({rule})",
        "Báo cho đội phát triển hệ thống.",
        "Tell the developers of the system.",
    ),
}
