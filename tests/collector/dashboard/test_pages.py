from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from collector.intake.ingest import ingest
from collector.intake.sweep import sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from provisioning import events, holidays
from provisioning.store.engine import writing

SECOND = 1_000_000
HOSTILE = "<img src=x onerror=alert(1)>"
POLICY = load_policy(SEED.read_text(encoding="utf-8"))


class Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.found.append((tag, dict(attrs)))

    def links(self) -> set[str]:
        return {address for tag, attrs in self.found if tag == "a" and (address := attrs.get("href"))}


@pytest.fixture
def every_page(browser: TestClient, report_of: Callable[[str], int]) -> dict[str, str]:
    """Every page, in both languages, by its address."""
    paths = [
        "/",
        "/",
        "/units",
        "/units?kind=provinces&province=01&sort=ready",
        "/units/01",
        f"/sites?q={HOSTILE}",
        "/sites/SLOW000",
        "/sites/HOSTILE",
        "/sites/SILENT0",
        f"/reports/{report_of('d-00000002')}",
        "/quarantine",
        "/health",
    ]
    found = {}
    for lang in ("vi", "en"):
        for path in paths:
            answer = browser.get(path, params={"lang": lang, **({"q": HOSTILE} if "?q" in path else {})})
            assert answer.status_code == 200, path
            found[f"{path} {lang}"] = answer.text
    return found


def test_what_came_from_outside_is_shown_as_text_on_every_page(every_page: dict[str, str]) -> None:
    assert sum("&lt;img src=x onerror=alert(1)&gt;" in page for page in every_page.values()) >= 8
    for address, page in every_page.items():
        tags = Tags(page).found
        assert not [attrs for tag, attrs in tags if tag == "img" and attrs.get("src") == "x"], address
        assert not [name for _, attrs in tags for name in attrs if name.startswith("on")], address
        assert "\u202e" not in page, address


def test_no_page_holds_a_script_or_style_of_its_own_or_from_elsewhere(every_page: dict[str, str]) -> None:
    for address, page in every_page.items():
        for tag, attrs in Tags(page).found:
            assert tag != "style", address
            assert "style" not in attrs, address
            for name in ("src", "href"):
                assert re.match(r"/|#|tel:|$", attrs.get(name) or ""), (address, attrs)
            assert tag != "script" or (attrs["src"] or "").startswith("/static/"), address


def test_every_page_can_be_read_by_ear(every_page: dict[str, str]) -> None:
    for address, page in every_page.items():
        tags = Tags(page).found
        ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
        assert len(ids) == len(set(ids)), address
        names = [tag for tag, _ in tags]
        assert (names.count("h1"), names.count("main"), names.count("header")) == (1, 1, 1), address
        if not address.startswith(("/sites/", "/reports/", "/quarantine")):  # there a heading names each table
            assert names.count("table") == names.count("caption"), address
        for tag, attrs in tags:
            for reference in ("aria-labelledby", "for"):
                assert attrs.get(reference) in {None, *ids}, (address, attrs)
            assert tag != "nav" or attrs.get("aria-label"), address
            assert tag != "th" or attrs.get("scope"), address
            assert tag != "svg" or attrs.get("aria-hidden") == "true", address
        assert not re.findall(r"<a [^>]*>\s*</a>", page), address


def test_every_link_on_every_page_leads_somewhere(browser: TestClient, every_page: dict[str, str]) -> None:
    addresses = {link for page in every_page.values() for link in Tags(page).links() if link.startswith("/")}
    assert len(addresses) > 20
    for address in sorted(addresses):
        assert browser.get(address).status_code == 200, address


def test_the_language_asked_for_once_is_remembered(browser: TestClient) -> None:
    assert '<html lang="vi">' in browser.get("/").text
    assert '<html lang="en">' in browser.get("/?lang=en").text
    page = browser.get("/").text
    assert '<html lang="en">' in page
    assert "sites ready" in page
    assert '<html lang="vi">' in browser.get("/?lang=vi").text


def test_the_header_shows_the_session_that_is_chosen_and_links_stay_in_it(
    browser: TestClient, country: Any, now: int
) -> None:
    with writing(country.engine) as connection:
        starts_at = now + 15 * 3600 * SECOND
        afternoon = events.add_session(
            connection, "e", "p", "Buổi chiều: đại học", starts_at, starts_at + 3600 * SECOND, "test", now
        )
    for path in ("/", "/sites?level=ready&page=1", "/sites/SLOW000", "/units/01", "/quarantine"):
        header = browser.get(path).text.split("</header>")[0]
        shown = re.findall(r'<a href="([^"]+)" title="[^"]+ · Sự kiện"( aria-current="true")?>([^<]+)</a>', header)
        assert [(bool(current), name) for _, current, name in shown] == [(True, "Buổi sáng"), (False, "Buổi chiều")]
        other = browser.get(unescape(shown[1][0]))
        assert other.status_code == 200, shown
        assert re.findall(r'aria-current="true">(Buổi[^<]+)</a>', other.text) == ["Buổi chiều"], path
        assert f'href="/sites?session={afternoon}"' in other.text, path


def test_the_theme_asked_for_once_is_remembered(browser: TestClient) -> None:
    assert "data-theme" not in browser.get("/").text
    assert 'data-theme="dark"' in browser.get("/?theme=dark").text
    page = browser.get("/quarantine").text
    assert 'data-theme="dark"' in page
    assert 'href="/quarantine?theme=light"' in page
    assert 'data-theme="light"' in browser.get("/?theme=light").text


def test_one_sentence_says_how_the_session_stands(browser: TestClient, nation: Any) -> None:
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", browser.get("/").text, re.DOTALL)
    assert heading
    said = " ".join(re.sub(r"<[^>]*>", "", heading[1]).split())
    assert said == "1/4 điểm cầu đạt; 1 cần VNPT; 1 cần nhà mạng khác; 1 chưa rõ"


def test_a_site_whose_line_is_slow_needs_its_provider_though_something_else_was_never_checked(
    browser: TestClient, country: Any, now: int
) -> None:
    country.site("Trường THPT Mèo Vạc", medium="mytv")
    sender = country.device("d-00000004", "Trường THPT Mèo Vạc")
    ingest(country.engine, [sender.report(1, sender.body(line={"download_mbps": 7.0}))], POLICY, now)

    page = browser.get("/sites").text
    (link, number) = re.search(r'<a href="([^"]*)"><b>(\d+)</b>\s*cần VNPT', page).groups()  # type: ignore[union-attr]
    listed = browser.get(unescape(link)).text

    assert number == "2"
    assert re.findall(r'href="/sites/([^"?]+)"', listed) == ["SLOW000", "STrường THPT Mèo Vạc"]


def test_the_list_shows_what_the_filter_leaves_worst_first(browser: TestClient) -> None:
    expected = {
        "": ["SLOW000", "SILENT0", "HOSTILE", "GOOD000"],
        "level=ready": ["GOOD000"],
        "level=at_risk&level=not_ready": ["SLOW000", "HOSTILE"],
        "owner=vnpt": ["SLOW000"],
        "owner=site": ["SILENT0"],
        "owner=site&level=unknown": ["SILENT0"],
        "owner=site&level=at_risk": [],
        "owner=vnpt&level=at_risk": [],
        "role=interactive": ["SLOW000"],
        "q=nguyen hue": ["SLOW000"],
        "q=ĐẤT mũi": ["GOOD000"],
        "q=dat mui": ["GOOD000"],
        "q=%25": [],
        "q=HA NOI&level=unknown": ["SILENT0"],
        "unit=01&level=ready": ["GOOD000"],
        "unit=02": [],
        "page=2": [],
    }
    shown = {query: re.findall(r'href="/sites/(\w+)"', browser.get(f"/sites?{query}").text) for query in expected}
    assert shown == expected


def test_a_site_with_flags_of_several_owners_names_them_all_and_first_the_one_looked_for(
    browser: TestClient, nation: Any, country: Any, now: int
) -> None:
    country.site("Trường THPT Mèo Vạc", download_mbps=4.0, paid_by="ministry")
    sender = country.device("d-00000004", "Trường THPT Mèo Vạc")
    bad = {"line": {"download_mbps": 2.0}, "path": {"loss_pct": 2.0}, "host": {"cpu_pct": 95.0}}
    ingest(country.engine, [sender.report(1, sender.body(**bad))], POLICY, now)

    def told(query: str) -> tuple[str, str]:
        page = browser.get(f"/sites?q=meo vac{query}").text
        cells = re.findall(r'data-label="(?:Lý do|Bên xử lý)">(.*?)</td>', page, re.DOTALL)
        reason, owners = (" ".join(re.sub(r"<[^>]*>", " ", cell).replace("\xa0", " ").split()) for cell in cells)
        return reason, owners

    assert told("") == (
        "Gói cước 4 Mbit/s thấp hơn mức cần 6 Mbit/s (đo được 2 Mbit/s) và 2 lý do khác",
        "Bộ và VNPT, Điểm cầu",
    )
    assert told("&owner=vnpt") == ("Mất gói 2%, cho phép đến 1% và 2 lý do khác", "VNPT và Bộ, Điểm cầu")
    assert told("&owner=site")[1] == "Điểm cầu và Bộ, VNPT"
    assert "Ngoài ra còn chờ VNPT (1 yêu cầu), Điểm cầu (1 yêu cầu)." in browser.get("/sites/STrường THPT Mèo Vạc").text


def test_a_wrong_clock_is_told_in_words_with_what_to_do_and_marked_on_site_and_report(
    browser: TestClient, country: Any, now: int, report_of: Callable[[str], int]
) -> None:
    country.site("Mường Lát")
    sender = country.device("d-00000004", "Mường Lát")
    body = sender.body(is_clock_plausible=False, clock={"offset_ms": 20 * 31_557_600_000.0})
    ingest(country.engine, [sender.report(1, body)], POLICY, now)
    site = browser.get("/sites/SMường Lát").text
    assert "Đồng hồ của máy lệch 20\xa0năm, cho phép đến 1\xa0phút" in site
    assert "thay pin CMOS" in site
    assert "giờ của thiết bị không chắc đúng" in site
    assert "Đồng hồ của máy sai" in browser.get(f"/reports/{report_of('d-00000004')}").text


def test_what_only_people_can_prove_is_not_left_to_the_agent(browser: TestClient, country: Any, now: int) -> None:
    sweep(country.engine, POLICY, now)
    page = browser.get("/sites/SILENT0").text
    assert "báo kỹ thuật viên VNPT xác nhận" in page


def test_an_empty_list_says_what_to_do(browser: TestClient) -> None:
    assert "Bỏ lọc" in browser.get("/sites?q=zzz").text


def test_a_flag_is_reached_from_its_report_and_back(
    browser: TestClient, nation: Any, report_of: Callable[[str], int]
) -> None:
    report_id = report_of("d-00000001")
    site = browser.get("/sites/SLOW000").text
    assert f"/reports/{report_id}" in Tags(site).links()
    report = browser.get(f"/reports/{report_id}").text
    assert f"/sites/SLOW000?session={nation.session_id}" in Tags(report).links()
    assert "Tốc độ tải lên 0,1\xa0Mbit/s" in report
    assert "Chưa đạt" in report


def test_a_site_shows_each_verdict_with_value_limit_and_evidence(browser: TestClient) -> None:
    page = " ".join(browser.get("/sites/SLOW000").text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "0,1 Mbit/s" in page
    assert "≥ 6 Mbit/s" in page
    assert "&lt; 2 Mbit/s" in page
    assert "Nhà mạng kiểm tra đường truyền" in page
    assert "Đang kết nối" in page
    assert "d-00000001" in page


def presence_on(browser: TestClient, path: str) -> str:
    """Return what the list, or a site's page, says of the presence of the site with the slow line."""
    page = browser.get(path).text
    form = r'data-label="Có mặt">(.*?)</td>' if path.startswith("/sites?") else r'<p class="presence \w+">(.*?)</p>'
    found = re.findall(form, page, re.DOTALL)[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found)).split())


def test_a_machine_that_is_off_is_told_by_what_it_said_and_by_its_sites_hours(
    browser: TestClient, country: Any, now: int
) -> None:
    sender = country.senders["d-00000001"]
    listed, site = "/sites?q=nguyen hue", "/sites/SLOW000"
    assert presence_on(browser, listed) == "Đang kết nối từ 08:00"

    slept = sender.presence("connected", 2, at=now, slept_s=32_400)
    ingest(country.engine, [slept], POLICY, now)
    assert presence_on(browser, site).endswith("; trước đó máy ngủ 9 giờ.")

    ingest(country.engine, [sender.presence("asleep", 2, at=now - 60 * SECOND)], POLICY, now)
    assert presence_on(browser, listed) == "Đang ngủ từ 07:59, trong giờ mở máy"

    with writing(country.engine) as connection:
        holidays.add(connection, ("2023-08-15", "2023-08-15"), "Nghỉ bão", ["01"], "test", now)
    assert presence_on(browser, listed) == "Ngoài giờ điểm cầu mở lại 19:00 hôm nay (máy ngủ từ 07:59)"
    assert presence_on(browser, site).startswith("Ngoài giờ: điểm cầu mở lại 19:00 hôm nay (máy ngủ từ 07:59).")


def test_pages_that_tell_presence_follow_the_holidays_and_hours_stand_on_the_sites_page(browser: TestClient) -> None:
    for path in ("/sites", "/sites/SLOW000"):
        followed = re.findall(r'data-follow="([^"]*)"', browser.get(path).text)[0]
        assert "holiday" in followed.split(), path
    assert "T2-T6 07:00-17:00 (mặc định)" in browser.get("/sites/SLOW000").text


def test_a_site_that_was_never_checked_says_so_and_what_to_do(browser: TestClient) -> None:
    page = browser.get("/sites/SILENT0").text
    assert "Chưa được kiểm tra" in page
    assert "mã trên phiếu" in page


def test_the_books_show_what_was_put_aside_and_why(browser: TestClient) -> None:
    page = browser.get("/quarantine").text
    assert "Không thiếu báo cáo nào" in page
    assert "Không phải JSON" in page
    assert "no frame" in page
    kept = "<code>d-00000003</code>"
    assert kept in browser.get("/quarantine?reason=not_json").text
    assert kept not in browser.get("/quarantine?reason=revoked").text
    assert kept in browser.get("/quarantine?device=D-00000003").text
    assert "Không có báo cáo nào khớp bộ lọc" in browser.get("/quarantine?device=d-9").text
    assert kept not in browser.get("/quarantine?page=2").text


def test_what_does_not_exist_is_a_page_that_leads_back(browser: TestClient) -> None:
    for path in (
        "/sites/NOPE",
        "/reports/999",
        "/nope",
        "/sites/SLOW000?session=99",
        "/sites?session=99",
        "/?session=99",
    ):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert 'href="/"' in answer.text


def test_an_address_that_makes_no_sense_is_told_so(browser: TestClient) -> None:
    for path in ("/reports/one", "/reports/0", f"/reports/{2**63}", "/sites?page=0", "/?session=first"):
        assert browser.get(path).status_code == 400, path


def test_text_that_a_database_cannot_hold_is_an_address_that_is_wrong_and_no_fault_of_ours(
    browser: TestClient,
) -> None:
    for path in ("/sites/%00", "/sites/%00?session=99999999999999999999", "/sites?q=%00", "/quarantine?reason=%00"):
        assert browser.get(path).status_code in (200, 400, 404), path
    for path, form in (("/login", {"login": "\0", "password": "\0"}), ("/sites/%00/measure", {})):
        assert browser.post(path, data=form).status_code in (400, 403, 404), path


def test_what_somebody_may_not_do_is_said_so(
    stranger: TestClient, log_in: Callable[[TestClient, str], TestClient]
) -> None:
    answer = log_in(stranger, "viewer").post("/sites/SLOW000/measure")
    assert answer.status_code == 403
    assert "Không được phép" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/", 404), ("/sites", 404), ("/sites.xlsx", 404), ("/units/01", 404), ("/sites/SLOW000", 404)),
        *(("/quarantine", 200), ("/health", 200)),  # which are about no session
    ],
)
def test_a_session_that_there_is_not_is_not_found_and_fails_no_page(
    browser: TestClient, path: str, status: int
) -> None:
    assert browser.get(path, params={"session": 99}).status_code == status
