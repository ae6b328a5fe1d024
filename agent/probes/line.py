"""Does the line carry what this site needs, down and up? A threshold transfer in a slot of the probe server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from agent import gateway
from agent.facts import fact
from agent.probes import leave
from agent.probes.context import Context, server_of
from contract.findings import Direction, Line, Network, Playback
from contract.probing import Ended, Granted

if TYPE_CHECKING:  # imported when it measures: rounds without the line are to stay small
    from agent.stream import StreamResult
    from agent.transfer.trial import Trial, Way

METHOD = "threshold"
AGAIN_S = 900.0  # what did not carry is measured again at another time


def measure(context: Context) -> Line:
    """Ask for a slot and test in it; raises ProbeError when there is none, NotNow when it is booked for later."""
    from agent.transfer.trial import run
    from agent.transfer.web import reach

    server = server_of(context)
    web = reach(server.host, server.http_port)
    network = context.reader.network(context.machine)
    with leave.told("no way to the probe server"):
        context.tell("slot")
        granted = leave.take(context, web, "line", network.link.value)
        try:
            trial = run(web, granted, server.udp_port, context.tell)
            if context.shared is not None and "path" in context.together:
                context.shared.stream = _stream(context, granted)
                trial = _under_event(trial, context.shared.stream, granted)
        finally:
            ended = leave.give_back(web, granted)
    network = network.model_copy(update={"gateway": gateway.mark(context)})  # now that it has answered us
    line = findings(f"{server.host}:{server.http_port}", trial, ended, granted, network)
    if any(way is not None and way.outcome != "carries" for way in (line.download, line.upload)):
        context.again(AGAIN_S if ended is None or ended.again_in_s is None else ended.again_in_s)
    return line


def _stream(context: Context, granted: Granted) -> Optional[StreamResult]:
    """Run the slot's stream, after the transfer has emptied any token bucket; None when no stream comes through."""
    from agent import stream

    server = server_of(context)
    context.tell("stream")
    try:
        return stream.run(server.host, server.udp_port, granted.token, granted.stream)
    except (stream.NoStream, OSError):  # the path probe then finds out by itself what can be told
        return None


def _under_event(trial: Trial, stream: Optional[StreamResult], granted: Granted) -> Trial:
    """Return the trial with the delay that a two-way stream at the event's rate adds, where the site speaks."""
    if stream is None or not stream.replies or granted.is_watched or trial.round_trip_ms is None:
        return trial
    loaded_ms = sorted(reply.rtt_ms for reply in stream.replies)[len(stream.replies) // 2]
    added_ms = max(0.0, round(loaded_ms - trial.round_trip_ms, 3))
    up = trial.upload
    return trial._replace(
        download=trial.download._replace(added_delay_ms=added_ms),
        upload=up and up._replace(added_delay_ms=added_ms),
    )


def findings(server: str, trial: Trial, ended: Optional[Ended], granted: Granted, network: Network) -> Line:
    """Put together what a trial found, what the server saw of it, and by what this machine is connected.

    Where the server's word is missing nothing that did not carry is called the line's: it may have been the server.
    """
    from agent.transfer.surroundings import is_weak

    disturbances = [*trial.disturbances]
    if is_weak(network.link.value, network.wifi_signal_pct.value):
        disturbances.append("weak_wifi")
    ways = [way for way in (trial.download, trial.upload) if way is not None]
    is_limited = any(way.result.outcome != "carries" for way in ways) if ended is None else ended.is_server_limited
    if is_limited:
        disturbances.append("server_limit")
    return Line.model_validate(
        {
            "method": METHOD,
            "server": server,
            "download_mbps": round(trial.download.result.rate_bps / 1e6, 3),
            "upload_mbps": round(trial.upload.result.rate_bps / 1e6, 3) if trial.upload else None,
            "round_trip_ms": fact(lambda: trial.round_trip_ms),
            "received_bytes": trial.download.result.moved_bytes,
            "sent_bytes": (ended and ended.received_bytes) or (trial.upload.result.moved_bytes if trial.upload else 0),
            "download": _direction(trial.download),
            "upload": _direction(trial.upload) if trial.upload else None,
            "playback": _playback(trial, granted) if granted.is_watched else None,
            "disturbances": disturbances,
            "link": network.link,
            "gateway": network.gateway,
            "provider": fact(lambda: granted.provider),
        }
    )


def _playback(trial: Trial, granted: Granted) -> Optional[Playback]:
    from agent.formulas import playback

    seen = playback.predict(trial.download.result.bins, granted.bitrate_mbps * 1e6)
    if seen is None:
        return None
    rebuffer_pct = round(100 * seen.rebuffer_ratio, 3)
    return Playback(startup_s=fact(lambda: seen.startup_s), stalls=seen.stalls, rebuffer_pct=rebuffer_pct)


def _direction(way: Way) -> Direction:
    result = way.result
    return Direction.model_validate(
        {
            "outcome": result.outcome,
            "minimum": result.minimum or None,
            "need_mbps": way.need.ready_mbps,
            "minimum_mbps": way.need.minimum_mbps,
            "rate_mbps": round(result.rate_bps / 1e6, 3),
            "low_mbps": round(result.low_bps / 1e6, 3),
            "high_mbps": round(result.high_bps / 1e6, 3),
            "moved_bytes": result.moved_bytes,
            "took_s": round(result.seconds, 3),
            "added_delay_ms": fact(lambda: way.added_delay_ms),
        }
    )
