"""Campaigns in words for the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from collector.dryrun import words
from collector.dryrun.campaign import Campaign
from collector.dryrun.prediction import Prediction
from contract.languages import say

_TOLD = ("carries", "fails", "unsure", "done", "not_done", "")


def headline(found: Campaign) -> str:
    """Return number, state and name in one line."""
    return f"{found.id}\t{say(*words.STATES[found.state])}\t{found.name}"


def in_words(told: Prediction) -> str:
    """Return a prediction in some lines."""
    minutes, gb = told.duration_s / 60, told.moved_bytes / 1e9
    lines = [
        say(
            f"{told.sites} điểm cầu, {told.tests} máy: khoảng {minutes:.0f} phút, {gb:.1f} GB qua các máy chủ đo",
            f"{told.sites} sites, {told.tests} machines: about {minutes:.0f} min, {gb:.1f} GB by the probe servers",
        )
    ]
    for server in told.servers:
        peak, decides = server.peak_bps / 1e6, say(*words.SERVER.get(server.decided_by, (server.decided_by,) * 2))
        lines.append(
            say(
                f"  {server.name}: {server.tests} máy, cao nhất {peak:.0f} Mbit/s, quyết định bởi: {decides}",
                f"  {server.name}: {server.tests} machines, {peak:.0f} Mbit/s at most, decided by {decides}",
            )
        )
    for wave in told.waves:
        name, after = say(*words.WAVES[str(wave.wave)]), wave.opens_s / 60
        lines.append(
            say(f"  {name}: {wave.sites}, sau {after:.0f} phút", f"  {name}: {wave.sites}, {after:.0f} min on")
        )
    if told.left:
        left = ", ".join(f"{say(*words.REASONS[reason])} {number}" for reason, number in told.left.items())
        lines.append(say(f"  Sẽ còn lại: {left}", f"  Will be left: {left}"))
    if not told.is_known:
        lines.append(
            say(
                "  Chưa có lượt đo nào để học: tính theo mức ước lượng ban đầu.",
                "  No test has ended yet to learn from: by what tests like these are taken to cost.",
            )
        )
    return "\n".join(lines)


def progress_in_words(found: Campaign, counts: Mapping[tuple[str, str], int]) -> str:
    """Return how far a campaign has come, and why sites have no result."""
    by_outcome: dict[str, int] = {}
    for (outcome, _), number in counts.items():
        by_outcome[outcome] = by_outcome.get(outcome, 0) + number
    told = " · ".join(f"{say(*words.OUTCOMES[name])} {by_outcome[name]}" for name in _TOLD if name in by_outcome)
    lines = [f"{headline(found)}\t{told}"]
    for (outcome, reason), number in sorted(counts.items(), key=lambda item: -item[1]):
        if outcome != "" and reason:
            lines.append(
                f"  {say(*words.OUTCOMES[outcome])}: {say(*words.REASONS.get(reason, (reason,) * 2))} {number}"
            )
    return "\n".join(lines)
