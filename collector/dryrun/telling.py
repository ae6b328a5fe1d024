"""Campaigns in words for the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from collector.dashboard.words import within
from collector.dryrun import words
from collector.dryrun.campaign import Campaign
from collector.dryrun.checks import NOT_CARRIED, Counts, by_outcome
from collector.dryrun.prediction import Prediction
from contract.clock import SECOND_US

if TYPE_CHECKING:
    from collector.dashboard.words import Words

_CLOSED = tuple(name for name in words.OUTCOMES if name)


def headline(found: Campaign, w: Words) -> str:
    """Return number, state, window and name in one line."""
    window = f"{w.date(found.opens_at)} - {w.date(found.closes_at)}"
    return f"{found.id}\t{w.name(words.STATES, found.state)}\t{window}\t{found.name}"


def in_words(told: Prediction, w: Words, places: Mapping[str, str]) -> str:
    """Return a prediction in some lines; places: the units' names by their codes."""
    sites, tests, took = w.number(told.sites), w.number(told.tests), w.quantity(round(told.duration_s), "s")
    moved = w.quantity(round(told.moved_bytes), "byte")
    lines = [
        w.t(
            f"{sites} điểm cầu, {tests} máy sẽ đo: khoảng {took}, {moved} qua các máy chủ đo",
            f"Sites {sites}, machines that test {tests}: about {took}, {moved} by the probe servers",
        )
    ]
    for server in told.servers:
        tests, peak = w.number(server.tests), w.quantity(round(server.peak_bps / 1e6), "Mbit/s")
        decides = server.decided_by
        decides = w.name(words.SERVER, decides) if decides in words.SERVER else places.get(decides, decides)
        lines.append(
            w.t(
                f"  {server.name}: {tests} máy, cao nhất {peak}; thời gian do hạn mức của {decides} quyết định",
                f"  {server.name}: machines {tests}, at most {peak}; how long is decided by the limit of {decides}",
            )
        )
    for wave in told.waves:
        opens = w.quantity(wave.opens_s, "s")
        begins = w.t(f", bắt đầu sau {opens}", f", after {opens}") if told.servers else ""
        lines.append(f"  {w.name(words.WAVES, str(wave.wave))}: {w.number(wave.sites)}{begins}")
    if told.later_at is not None:
        later, at = w.number(told.later_sites), w.moment(told.later_at)
        lines.append(
            w.t(
                f"  Chưa đo được từ đầu (ngoài giờ, lúc cắt điện hoặc buổi họp): {later}, sớm nhất từ {at}; "
                "thời gian chưa tính việc chờ này",
                f"  Not from the start (hours, a power cut or a session): {later}, the first from {at}; "
                "the time leaves that wait out",
            )
        )
    if told.left:
        left = ", ".join(f"{w.name(words.REASONS, why)} {w.number(number)}" for why, number in told.left.items())
        lines.append(w.t(f"  Còn lại nếu không làm gì thêm: {left}", f"  Left as things stand: {left}"))
    if not told.is_known:
        lines.append(
            w.t(
                "  Chưa có đủ lượt đo đã chuyển dữ liệu để học: tính theo mức ước lượng ban đầu.",
                "  Too few tests that moved data to learn from: what such tests usually cost is taken instead.",
            )
        )
    return "\n".join(lines)


def progress(found: Campaign, counts: Counts, w: Words) -> str:
    """Return in one line how far a campaign has come, and how long it takes beside what was foreseen."""
    found_by = by_outcome(counts)
    total = found_by.total()
    told = [w.name(words.STATES, found.state)]
    if total:
        settled = total - found_by[""]
        told.append(f"{w.number(settled)}/{w.number(total)} ({100 * settled // total}%)")
    told += [f"{w.name(words.OUTCOMES, name)} {w.number(found_by[name])}" for name in _CLOSED if found_by[name]]
    if found.started_at is not None:
        took = w.quantity(found.ran_us(w.now) // SECOND_US, "s")
        foreseen = w.quantity(round(found.prediction.duration_s), "s")
        told.append(w.t(f"{took}, dự báo {foreseen}", f"{took}, foreseen {foreseen}"))
    return " · ".join(told)


def left(found: Campaign, still_open: Mapping[str, int], w: Words) -> str:
    """Return what holds up the sites that are still open, and when that ends; empty: none is."""
    if not still_open:
        return ""
    waits = w.t("đang đo hoặc chờ đến lượt", "testing or waiting for their turn")
    named = ((within(w.name(words.REASONS, why)) if why else waits, w.number(n)) for why, n in still_open.items())
    reasons = ", ".join(w.t(f"{number} {why}", f"{why} {number}") for why, number in named)
    whole, closes = w.number(sum(still_open.values())), w.moment(found.closes_at)
    return w.t(
        f"Còn lại {whole}: {reasons}. Đợt tự kết thúc khi mọi nơi có kết quả, chậm nhất lúc {closes}.",
        f"Left {whole}: {reasons}. It ends by itself when all have a result, at the latest at {closes}.",
    )


def standing(found: Campaign, counts: Counts, w: Words, still_open: Mapping[str, int] | None = None) -> str:
    """Return how a campaign stands: how far it has come, why sites have no good result, and what to do next."""
    lines = [headline(found, w)]
    if found.state != "planned":
        lines.append(f"  {progress(found, counts, w)}")
    for (outcome, why), number in sorted(counts.items(), key=lambda item: -item[1]):
        if outcome and why:
            outcome, why = w.name(words.OUTCOMES, outcome), w.name(words.REASONS, why)
            lines.append(f"  {outcome}: {why} {w.number(number)}")
    if still_open:
        lines.append(f"  {left(found, still_open, w)}")
    step = next_step(found, counts, w)
    return "\n".join([*lines, f"  {step}"] if step else lines)


def next_step(found: Campaign, counts: Counts, w: Words) -> str:
    """Return what to do next with a campaign; empty: nothing."""
    by = f"diemcau-collector dryrun {{}} {found.id}".format
    if found.state == "planned":
        return w.t(f"Bắt đầu: {by('start')}", f"Begin: {by('start')}")
    if found.state == "paused":
        return w.t(
            f"Chạy tiếp: {by('resume')}; dừng hẳn: … stop {found.id}",
            f"Go on: {by('resume')}; end it: … stop {found.id}",
        )
    if found.state == "running":
        return w.t(
            f"Theo dõi: {by('watch')}; tạm dừng: … pause {found.id}; dừng hẳn: … stop {found.id}",
            f"Follow it: {by('watch')}; pause: … pause {found.id}; end it: … stop {found.id}",
        )
    short = sum(number for name, number in by_outcome(counts).items() if name in NOT_CARRIED)
    if not short:
        return ""
    again = f'diemcau-collector dryrun create --name "{_next_name(found.name)}" --retest {found.id}'
    return w.t(f"Đo lại nơi chưa đạt ({w.number(short)}): {again}", f"Test those again ({w.number(short)}): {again}")


def _next_name(name: str) -> str:
    """Return "T-7 (2)" after "T-7", and "T-7 (3)" after that."""
    numbered = re.fullmatch(r"(.+) \((\d{1,3})\)", name)
    return f"{numbered[1]} ({int(numbered[2]) + 1})" if numbered else f"{name} (2)"
