"""enrol: from the code on a site's sheet to a device of that site."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click

from agent.commands.here import fail
from contract.languages import say

if TYPE_CHECKING:
    from agent.asking import EnrolmentError
    from agent.enrol import Authority
    from agent.pending import Pending
    from contract.enrolment import EnrolmentAnswer

_RUN_IT = "Cứ chạy diemcau-agent run", "Start diemcau-agent run all the same"
_LEAVE_IT = "Cứ để máy chạy", "Leave this machine on"


@click.command(
    help=say(
        "Đăng ký máy này bằng MÃ in trên phiếu của điểm cầu. Chạy lại với cùng mã không tạo thêm thiết bị.",
        "Enrol this machine with the CODE on the site's sheet. Doing it again with the same code adds no device.",
    )
)
@click.argument("code", metavar=say("MÃ", "CODE"), envvar="DIEMCAU_AGENT_CODE")
@click.option(
    "--server",
    envvar="DIEMCAU_AGENT_SERVER",
    required=True,
    help=say("Địa chỉ máy chủ trên phiếu.", "The server's address on the sheet."),
)
@click.option(
    "--ca",
    envvar="DIEMCAU_AGENT_CA",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say("Tệp chứng thư gốc, nếu được phát kèm.", "The authority's certificate, if you were given the file."),
)
@click.option(
    "--fingerprint",
    help=say(
        "Dấu vân tay của máy chủ in trên phiếu, để máy tự so thay cho mắt người.",
        "The server's fingerprint on the sheet, compared for you instead of by you.",
    ),
)
@click.option(
    "--move",
    is_flag=True,
    help=say(
        "Cho phép máy đã đăng ký trở thành thiết bị khác (của điểm cầu khác).",
        "Let a machine that is enrolled become another device (of another site).",
    ),
)
@click.option(
    "--later",
    is_flag=True,
    help=say(
        "Nếu chưa đăng ký được ngay: giữ yêu cầu, để run tự đăng ký sau. Cần --ca, hoặc --fingerprint khi có mạng.",
        "If it cannot be enrolled now: keep the request, and let run enrol later. Needs --ca, or --fingerprint and a "
        "network.",
    ),
)
def enrol(code: str, server: str, ca: Optional[Path], fingerprint: Optional[str], move: bool, later: bool) -> None:
    """Enrol this machine."""
    from agent import paths
    from agent.asking import EnrolmentError, base
    from agent.enrol import enrol as ask
    from agent.enrol import fetch_authority, read_authority, stay, unusable
    from agent.pending import Pending
    from contract.clock import Clock

    if later and (move or (ca is None and fingerprint is None)):
        text = say(
            "--later cần --ca (hoặc --fingerprint) và không đi cùng --move.",
            "--later needs --ca (or --fingerprint), and no --move.",
        )
        raise click.UsageError(text)
    kept = None
    try:
        base(server)
        if not move:
            stay(paths.home(), code, Clock())
        authority = read_authority(ca.read_bytes()) if ca else fetch_authority(server)
        _trust(authority, fingerprint, is_given=ca is not None)
        if later:
            kept = Pending(code, server, authority.pem)
            _keep(kept)
        answer = ask(paths.home(), server, code, authority, Clock(), may_move=move)
    except EnrolmentError as error:
        if kept is not None:
            _tell_kept(kept, error)
        elif later and error.may_pass:
            fail(str(error), _needs_authority())
        else:
            fail(str(error))
    except OSError as error:
        fail(unusable(paths.home(), error))
    else:
        _tell_enrolled(answer)


def _keep(request: Pending) -> None:
    """Keep the request; an earlier one with another code is dropped, which is told."""
    from agent import moving, paths, pending

    try:
        earlier = pending.read(paths.home()).code
    except (OSError, ValueError):
        earlier = request.code
    pending.keep(paths.home(), request)
    if moving.plain(earlier) != moving.plain(request.code):
        site = moving.site_of(earlier)
        click.echo(
            say(
                f"Yêu cầu đăng ký đã giữ trước đó, bằng mã của điểm cầu {site}, được thay bằng yêu cầu này.",
                f"The request kept earlier, with a code of site {site}, is replaced by this one.",
            )
        )


def _tell_kept(request: Pending, error: EnrolmentError) -> None:
    """Tell why the request was not granted, and whether it is still kept; one that never can be is forgotten."""
    from agent import paths, pending

    if error.kind in ("here", "wrong_code"):
        pending.forget_refused(paths.home(), request)
        fail(str(error))
    if not error.may_pass:
        fail(
            str(error),
            say(
                "Yêu cầu vẫn được giữ lại: diemcau-agent run chỉ thử lại vài giờ một lần.",
                "The request is kept all the same: diemcau-agent run tries again only every few hours.",
            ),
        )
    click.echo(str(error))
    click.echo(
        say(
            "Yêu cầu đăng ký đã được giữ lại: diemcau-agent run sẽ tự thử cho đến khi đăng ký xong.",
            "The request for enrolment is kept: diemcau-agent run goes on trying until it is done.",
        )
    )


def _needs_authority() -> str:
    return say(
        "Chưa giữ được yêu cầu: dấu vân tay chỉ so được khi có mạng. Hãy thử lại khi có mạng, hoặc thêm --ca ca.pem.",
        "The request is not kept: a fingerprint can be compared only with a network. Try again with one, or add "
        "--ca ca.pem.",
    )


def _tell_enrolled(answer: EnrolmentAnswer) -> None:
    from agent import installed

    click.echo(say(f"Đã đăng ký cho điểm cầu: {answer.site_name}", f"Enrolled for the site: {answer.site_name}"))
    is_started_for_us = installed.by_bundle()
    if answer.state == "waiting":
        click.echo(
            say(
                "Điểm cầu này đã có máy khác dùng mã này, nên máy này phải chờ Sở hoặc VNPT duyệt.",
                "Another machine of this site has used the code: the department or VNPT must admit this one.",
            )
        )
        vi, en = _LEAVE_IT if is_started_for_us else _RUN_IT
        click.echo(
            say(
                f"{vi}: máy tự kết nối khi được duyệt, và giữ kết quả đo cho đến lúc đó.",
                f"{en}: it connects once admitted, and keeps its reports until then.",
            )
        )
    elif not is_started_for_us:
        click.echo(say("Bước tiếp theo: diemcau-agent run", "Next: diemcau-agent run"))
    if answer.page is not None:
        click.echo(
            say(
                "Trang của điểm cầu (mở không cần mật khẩu; ai có địa chỉ này cũng xem được):",
                "The site's own page (opens without a password, for whoever has the address):",
            )
        )
        click.echo("  " + answer.page)


def _trust(authority: Authority, fingerprint: Optional[str], *, is_given: bool) -> None:
    """Make sure that the authority is the right one: by the fingerprint given, or by the person's own eyes."""
    if fingerprint is not None:
        if not authority.has_fingerprint(fingerprint):
            fail(
                say("Dấu vân tay không khớp với máy chủ này:", "The fingerprint is not this server's:"),
                authority.fingerprint,
                say(
                    "Hãy hỏi lại nơi phát phiếu. Chưa có gì được gửi đi.", "Ask who issued the sheet. Nothing was sent."
                ),
            )
    elif not is_given:
        click.echo(say("Dấu vân tay của máy chủ:", "The server's fingerprint:"))
        click.echo("  " + authority.fingerprint)
        if not _confirm(say("Có đúng như trên phiếu không?", "Is it the same as on the sheet?")):
            fail(
                say(
                    "Đã dừng: máy này chưa được đăng ký, chưa có gì được gửi đi.",
                    "Stopped: this machine was not enrolled, and nothing was sent.",
                )
            )


def _confirm(question: str) -> bool:
    """Ask until the answer is yes or no; the end of the input and Ctrl-C are a no."""
    yes = say("c có co y yes", "y yes").split()
    no = say("k không khong n no", "n no").split()
    while True:
        try:
            typed = click.prompt(f"{question} {say('[c = có, k = không]', '[y/n]')}", default="", show_default=False)
        except click.Abort:
            click.echo()
            return False
        answer = unicodedata.normalize("NFC", typed).strip().lower()
        if answer in (*yes, *no):
            return answer in yes
        click.echo(say("Hãy gõ c (có) hoặc k (không).", "Type y (yes) or n (no)."), err=True)
