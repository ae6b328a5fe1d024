"""What the rows of the line test's benchmark add up to, as Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from laboratory.line_methods import METHODS, Need

Row = dict[str, Any]

_GREY = 0.1  # so near the need no test can be asked to be right
_FAR_BELOW = 0.8  # from here down "carries" is never forgiven


class Judged(NamedTuple):
    """A run beside the truth."""

    row: Row
    ratio: float  # of the weaker direction's true rate to its need

    @property
    def is_grey(self) -> bool:
        """The truth is too near the need."""
        return abs(self.ratio - 1) < _GREY

    @property
    def is_right(self) -> bool:
        """The outcome is the true one; near the need it may be unsure too."""
        outcome = self.row["outcome"]
        return outcome == ("carries" if self.ratio >= 1 else "fails") or (self.is_grey and outcome == "unsure")

    @property
    def is_false_carry(self) -> bool:
        """A line far below the need was said to carry it."""
        return self.row["outcome"] == "carries" and self.ratio <= _FAR_BELOW

    @property
    def mark(self) -> str:
        """The outcome's letter, with a sign when it is not right."""
        letter = {"carries": "C", "fails": "F", "unsure": "?"}[self.row["outcome"]]
        return letter if self.is_right else f"**{letter}!**"


def write(need: Need, truths: Sequence[Row], runs: Sequence[Row], held_out: Collection[str]) -> str:
    """Return the tables: totals of all links, of the tuned and of those held out; then each link."""
    rates = {truth["link"]: (truth["down_mbps"], truth["up_mbps"]) for truth in truths}
    ratios = {link: min(down / need.down_mbps, up / need.up_mbps) for link, (down, up) in rates.items()}
    judged = [Judged(row, ratios[row["link"]]) for row in runs if row["link"] in ratios]
    text = f"Need: {need.down_mbps:g} Mbit/s down, {need.up_mbps:g} up.\n"
    parts = {
        "all links": judged,
        "links used for tuning": [one for one in judged if one.row["link"] not in held_out],
        "links held out": [one for one in judged if one.row["link"] in held_out],
    }
    for name, part in parts.items():
        if part:
            text += f"\n## Totals: {name}\n\n{_totals(need, part)}"
    return f"{text}\n## Each link\n\n{_links(rates, ratios, judged)}"


def _totals(need: Need, judged: Sequence[Judged]) -> str:
    links = {one.row["link"] for one in judged}
    text = (
        f"{len(links)} links. Ratios: the method's mean on a link to ours, geometric mean over links.\n\n"
        "| method | runs | right outside +-10 % | carries at <= 0.8 | right or unsure within +-10 % "
        "| MB a run | s a run | bytes, times ours | time, times ours | most need-seconds in a direction |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
    )
    for method in METHODS:
        own = [one for one in judged if one.row["method"] == method]
        if not own:
            continue
        clear, grey = [one for one in own if not one.is_grey], [one for one in own if one.is_grey]
        cells = (
            method,
            len(own),
            _share(clear),
            sum(one.is_false_carry for one in own),
            _share(grey),
            f"{statistics.fmean(map(_moved, own)) / 1e6:.2f}",
            f"{statistics.fmean(one.row['wall_s'] for one in own):.1f}",
            _ratio(judged, method, _moved),
            _ratio(judged, method, lambda one: one.row["wall_s"]),
            f"{max(max(_need_seconds(need, one)) for one in own):.1f}",
        )
        text += f"| {' | '.join(map(str, cells))} |\n"
    return text


def _links(rates: dict[str, tuple[float, float]], ratios: dict[str, float], judged: Sequence[Judged]) -> str:
    text = (
        "C carries, F fails, ? unsure; with a sign: not right. MB down and up, and s, are means of a run.\n\n"
        "| link | truth, Mbit/s down/up | of the need |" + "".join(f" {method} | MB | s |" for method in METHODS) + "\n"
        "|---|---|---|" + "---|---|---|" * len(METHODS) + "\n"
    )
    for link, (down, up) in rates.items():
        grey = " (grey)" if abs(ratios[link] - 1) < _GREY else ""
        text += f"| {link} | {down:.2f} / {up:.2f} | {ratios[link]:.2f}{grey} |"
        for method in METHODS:
            own = [one for one in judged if (one.row["link"], one.row["method"]) == (link, method)]
            text += _cells(own)
        text += "\n"
    return text


def _cells(own: Sequence[Judged]) -> str:
    if not own:
        return " | | |"
    down, up = (statistics.fmean(one.row[name] for one in own) / 1e6 for name in ("down_bytes", "up_bytes"))
    wall_s = statistics.fmean(one.row["wall_s"] for one in own)
    return f" {''.join(one.mark for one in own)} | {down:.2f}+{up:.2f} | {wall_s:.1f} |"


def _moved(one: Judged) -> float:
    return float(one.row["down_bytes"] + one.row["up_bytes"])


def _need_seconds(need: Need, one: Judged) -> tuple[float, float]:
    return (
        one.row["down_bytes"] / need.down_mbps / 125_000,
        one.row["up_bytes"] / need.up_mbps / 125_000,
    )


def _share(judged: Sequence[Judged]) -> str:
    if not judged:
        return "-"
    right = sum(one.is_right for one in judged)
    return f"{right} of {len(judged)} ({100 * right / len(judged):.1f} %)"


def _ratio(judged: Iterable[Judged], method: str, measure: Any) -> str:
    """Return the geometric mean over links of the method's mean to ours; links that lack one of them do not count."""
    found: dict[str, dict[str, list[float]]] = {}
    for one in judged:
        found.setdefault(one.row["link"], {}).setdefault(one.row["method"], []).append(measure(one))
    logs = [
        math.log(statistics.fmean(link[method]) / statistics.fmean(link["ours"]))
        for link in found.values()
        if method in link and "ours" in link
    ]
    return f"{math.exp(statistics.fmean(logs)):.2f}" if logs else "-"
