"""What the latest line test of a site says, a sentence for each direction and one for what it foresees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from collector.dashboard import labels
from collector.dashboard.words import Words
from collector.judge.outcomes import DIRECTIONS, THRESHOLD, Findings, falls_short, is_repeated
from collector.judge.situation import Evidence
from contract import reasons


class Sentence(NamedTuple):
    """What it is about, how that looks (a level), and what is said of it."""

    about: str
    level: str
    text: str


def sentences(w: Words, found: Evidence | None) -> list[Sentence]:
    """Return what a line test says; nothing where there was none, or it was only told by rates."""
    findings = found.findings if found is not None else None
    if found is None or findings is None or findings.get("method") != THRESHOLD:
        return []
    told = [_direction(w, found, findings, name) for name in DIRECTIONS]
    return [*told, *_playback(w, findings), *_surroundings(w, findings)]


def _direction(w: Words, found: Evidence, findings: Findings, name: str) -> Sentence:
    about, tested = w.name(labels.FINDINGS, name), findings.get(name)
    if tested is None:
        return Sentence(about, "unknown", f"{w.name(reasons.WORDS, 'skipped')}.")
    rate, low, high = (w.quantity(tested[part], "") for part in ("rate_mbps", "low_mbps", "high_mbps"))
    need = w.quantity(tested["need_mbps"], "Mbit/s")
    if tested["outcome"] == "carries":  # a test goes no further than it must: its rate is not what the line can do
        reached = w.quantity(tested["rate_mbps"], "Mbit/s")
        carried = w.t(f"đủ mức cần {need} (thử đến {reached})", f"carries the {need} needed (tested up to {reached})")
        return Sentence(about, "ready", f"{', '.join([carried, *_delay(w, tested)])}.")
    parts = [
        w.t(f"cần {need}, đo được {rate} ({low} đến {high})", f"needs {need}, measured {rate} ({low} to {high})"),
        *_minimum(w, tested),
        *_delay(w, tested),
    ]
    level = "at_risk" if tested["outcome"] == "fails" else "unknown"
    if tested.get("minimum") == "below" and not findings.get("disturbances") and _has_failed_again(found, name):
        level = "not_ready"
    return Sentence(about, level, f"{_outcome(w, found, findings, name)}: {', '.join(parts)}.")


def _outcome(w: Words, found: Evidence, findings: Findings, name: str) -> str:
    outcome = w.name(reasons.WORDS, findings[name]["outcome"])
    if findings[name]["outcome"] != "fails":
        return outcome
    if findings.get("disturbances"):
        return w.t(f"{outcome}, nhưng có thứ khác ảnh hưởng", f"{outcome}, but something else was in the way")
    if _has_failed_again(found, name):
        return w.t(f"{outcome}, đo lại vào lúc khác vẫn vậy", f"{outcome}, and again at another time")
    return w.t(f"{outcome} (tạm thời, chờ đo lại vào lúc khác)", f"{outcome} (provisional, to be repeated)")


def _has_failed_again(found: Evidence, name: str) -> bool:
    tested = (found.findings or {})[name]
    limit = tested["minimum_mbps"] if tested.get("minimum") == "below" else tested["need_mbps"]
    return is_repeated(found, lambda earlier: falls_short(earlier, name, limit))


def _minimum(w: Words, tested: Findings) -> Iterator[str]:
    if tested["outcome"] == "fails":
        minimum = w.quantity(tested["minimum_mbps"], "Mbit/s")
        side = tested.get("minimum", "unsure")
        if side == "unsure":
            yield w.t(f"chưa chắc trên mức tối thiểu {minimum}", f"not sure whether above the minimum of {minimum}")
        else:
            yield f"{w.name(reasons.WORDS, side)} {minimum}"


def _delay(w: Words, tested: Findings) -> Iterator[str]:
    delay_ms = tested.get("added_delay_ms", {}).get("value")
    if delay_ms is not None:
        delay = w.quantity(delay_ms, "ms")
        yield w.t(f"độ trễ tăng thêm {delay}", f"{delay} of delay added")


def _playback(w: Words, findings: Findings) -> Iterator[Sentence]:
    foreseen = findings.get("playback")
    if foreseen is None:
        return
    startup_s: Any = foreseen["startup_s"].get("value")
    starts = w.t("chưa rõ bao giờ hình chạy", "no telling when it starts")
    if startup_s is not None:
        after = w.quantity(startup_s, "s")
        starts = w.t(f"hình chạy sau {after}", f"the picture starts after {after}")
    stalls = w.t("không dừng lần nào", "and never stops")
    if foreseen["stalls"]:
        count, share = w.number(foreseen["stalls"]), w.quantity(foreseen["rebuffer_pct"], "%")
        stalls = w.t(
            f"dừng {count} lần, {share} thời gian",
            f"stops {'once' if count == '1' else f'{count} times'}, {share} of the time",
        )
    level = "at_risk" if foreseen["stalls"] else "ready"  # it is only foreseen
    yield Sentence(w.name(labels.FINDINGS, "playback"), level, f"{starts}, {stalls}.")


def _surroundings(w: Words, findings: Findings) -> Iterator[Sentence]:
    disturbances = findings.get("disturbances")
    if disturbances:
        told = ", ".join(w.name(reasons.WORDS, one) for one in disturbances)
        yield Sentence(w.t("Trong lúc đo", "Meanwhile"), "unknown", f"{told}.")
