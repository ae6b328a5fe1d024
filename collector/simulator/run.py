"""Runs a simulated country from its folder until told to stop: in this process, or split over several."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from collector import child
from collector.simulator.counts import Tally
from collector.simulator.enrol import EnrolmentError, enrol
from collector.simulator.files import PROGRESS, Credentials, EnrolmentCode, Folder, FolderError
from collector.simulator.ground import Ground, tls_of
from collector.simulator.scenario import SCENARIOS, Scenario
from collector.simulator.stage import Stage, country_of
from contract.languages import say

Tell = Callable[[str], None]
_Enrolled = tuple[str, Credentials] | None  # whom the country knows by this code; None: the code was not taken

MOST_CONNECTIONS = 15_000  # in one process
_SPARE_FILES = 200
_STARTS_PER_S = 2_000
_ENROL_FIRST_S = 15.0  # how long all wait for those that enrol: it is dear to a broker once thousands are connected
_TELL_EVERY_S = 1.0
_DRAIN_S = 10.0  # at the end: for what was sent to be acknowledged
_LEAVE_S = 5.0  # and for the last words to go out
_STOP_S = 20.0  # a child's drain and leave
_SEED = 2023


class Share(NamedTuple):
    """Which part of the devices a process runs: every `of`-th from `number` on."""

    number: int = 0
    of: int = 1


class Orders(NamedTuple):
    """What to play."""

    scenario: Scenario
    name: str
    seed: int


def read_orders(folder: Folder, name: str | None = None, seed: int | None = None) -> Orders:
    """Return what the folder's scenario says, or the caller instead; raises FolderError."""
    told: dict[str, Any] = folder.scenario()
    chosen = name or told.get("name", "country")
    if chosen not in SCENARIOS:
        raise FolderError(
            say(
                f"Không có kịch bản {chosen!r}. Có: {', '.join(SCENARIOS)}.",
                f"There is no scenario {chosen!r}. There are: {', '.join(SCENARIOS)}.",
            )
        )
    scenario = SCENARIOS[chosen]
    changed = {field: told[field] for field in Scenario._fields if field in told}
    return Orders(scenario._replace(**changed), chosen, int(told.get("seed", _SEED) if seed is None else seed))


def run(path: Path, orders: Orders, seconds: float, tell: Tell) -> None:
    """Run all devices of the folder, in as many processes as it takes, until SIGTERM, SIGINT or the time is over."""
    folder = Folder(path)
    devices, codes = folder.devices(), folder.codes()
    count = len(devices) + len(codes)
    processes = -(-count // MOST_CONNECTIONS)
    _check_brokers(devices)
    _allow_files(min(count, MOST_CONNECTIONS) + _SPARE_FILES)
    tell(
        say(
            f"{count} thiết bị, kịch bản {orders.name}, hạt giống {orders.seed}, {processes} tiến trình",
            f"{count} devices, scenario {orders.name}, seed {orders.seed}, {processes} process(es)",
        )
    )
    if count > MOST_CONNECTIONS and len({broker for one in devices for broker in one.brokers}) < 2:
        tell(_one_broker())
    if processes <= 1:
        run_share(path, orders, Share(), seconds, tell)
    else:
        _run_processes(folder, orders, processes, seconds, tell)


def _one_broker() -> str:
    return say(
        f"Hơn {MOST_CONNECTIONS} thiết bị cần nhiều máy chủ MQTT, mà tệp chỉ ghi một. Tại trung tâm: "
        'apt install mosquitto, rồi đặt "broker": "mosquitto" trong settings.json, và cấp lại thiết bị.',
        f"More than {MOST_CONNECTIONS} devices need several brokers, and the file names one. At the centre: "
        'apt install mosquitto, then set "broker": "mosquitto" in settings.json, and issue devices anew.',
    )


def run_share(path: Path, orders: Orders, share: Share, seconds: float, tell: Tell | None) -> None:
    """Run a share of the devices in this process."""
    asyncio.run(_perform(Folder(path), orders, share, seconds, tell))


async def _perform(folder: Folder, orders: Orders, share: Share, seconds: float, tell: Tell | None) -> None:
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    devices, codes = folder.devices(), folder.codes()
    names = [*(one.device for one in devices), *(one.code for one in codes)]
    ground = Ground(orders.seed + share.number)
    asked = asyncio.create_task(stop.wait())
    enrolments = [asyncio.create_task(_enrol(code, ground, folder)) for code in ([] if share.number else codes)]
    await _wait_for_some(enrolments, asked)
    stage = Stage(orders.scenario, orders.seed, country_of(names, folder.traits()), ground)
    if not share.number:
        folder.write_labels(stage.label(name)._asdict() for name in names)
    ours = devices[share.number :: share.of]
    for number, credentials in enumerate(ours):
        stage.put(credentials.device, credentials, number * share.of / _STARTS_PER_S)
    ground.tally.counts["devices"] = len(ours) + len(enrolments)
    putting = [asyncio.create_task(_put(stage, enrolment)) for enrolment in enrolments]
    running = asyncio.create_task(ground.run())
    telling = asyncio.create_task(_tell(stage, ground, folder, share, tell))
    timeout_s = None if seconds == float("inf") else seconds
    ended, _ = await asyncio.wait((asked, running, telling), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        task.result()  # a fault of ours must not look like a quiet country
    await _end(stage)
    for unfinished in (*enrolments, *putting, running, telling, asked):
        unfinished.cancel()
    await ground.close()
    _write(stage, ground, folder, share, tell)
    for enrolment in enrolments:
        if enrolment.done():
            enrolment.result()  # nor like a site that was refused


async def _wait_for_some(enrolments: list[asyncio.Task[_Enrolled]], asked: asyncio.Task[bool]) -> None:
    """Wait until all have enrolled, or it takes too long, or the end is asked for."""
    if enrolments:
        done = asyncio.ensure_future(asyncio.wait(enrolments))
        await asyncio.wait((done, asked), timeout=_ENROL_FIRST_S, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()


async def _enrol(code: EnrolmentCode, ground: Ground, folder: Folder) -> _Enrolled:
    try:
        return code.code, await asyncio.to_thread(enrol, code, folder.path)
    except EnrolmentError:
        ground.tally.counts["unenrolled"] += 1
        return None


async def _put(stage: Stage, enrolment: asyncio.Task[_Enrolled]) -> None:
    await asyncio.wait((enrolment,))
    if enrolment.exception() is None and (enrolled := enrolment.result()) is not None:
        stage.put(*enrolled, 0.0)


async def _end(stage: Stage) -> None:
    """Measure no more, wait a little for what is not acknowledged, and leave as one switches off."""
    for device in stage.devices:
        device.measure_no_more()
    await _until(lambda: not any(d.is_open and d.spool.counters.spooled for d in stage.devices), _DRAIN_S)
    for device in stage.devices:
        device.switch_off()
    await _until(lambda: all(device.is_gone for device in stage.devices), _LEAVE_S)


async def _until(holds: Callable[[], bool], within_s: float) -> None:
    end_s = time.monotonic() + within_s
    while not holds() and time.monotonic() < end_s:
        await asyncio.sleep(0.1)


async def _tell(stage: Stage, ground: Ground, folder: Folder, share: Share, tell: Tell | None) -> None:
    while True:
        await asyncio.sleep(_TELL_EVERY_S)
        _write(stage, ground, folder, share, tell)


def _write(stage: Stage, ground: Ground, folder: Folder, share: Share, tell: Tell | None) -> None:
    tally = ground.tally
    books = [device.spool.counters for device in stage.devices]
    for field in ("accepted", "settled", "spooled", "dropped"):
        tally.counts[field] = sum(getattr(one, field) for one in books)
    folder.write(PROGRESS if share.of == 1 else progress_name(share), tally.write())
    if tell is not None:
        tell(in_words(tally))


def progress_name(share: Share) -> str:
    """Return the file in which one of several processes tells how it goes."""
    return f"progress-{share.number}.json"


def in_words(tally: Tally) -> str:
    """Return one line for a person."""
    c = tally.counts
    times = [tally.latencies.percentile_s(share) for share in (0.5, 0.95, 0.99)]
    took = "/".join("-" if seconds is None else f"{seconds:.2f}" for seconds in times)
    is_troubled = tally.trouble and c["connected"] < c["devices"]
    trouble = say(f" · lần mất gần nhất: {tally.trouble}", f" · last loss: {tally.trouble}") if is_troubled else ""
    balance = say("khớp", "exact") if tally.is_balanced else say("LỆCH", "WRONG")
    return say(
        f"kết nối {c['connected']}/{c['devices']} · có báo cáo {c['reported']} · báo cáo {c['accepted']}, "
        f"đã nhận {c['settled']}, đang chờ {c['spooled']}, đã bỏ {c['dropped']} (sổ {balance}) · "
        f"báo cáo đến biên nhận p50/p95/p99 {took} s{trouble}",
        f"connected {c['connected']}/{c['devices']} · reported {c['reported']} · reports {c['accepted']}, "
        f"settled {c['settled']}, waiting {c['spooled']}, dropped {c['dropped']} (balance {balance}) · "
        f"report to ack p50/p95/p99 {took} s{trouble}",
    )


# --- several processes


def _run_processes(folder: Folder, orders: Orders, processes: int, seconds: float, tell: Tell) -> None:
    is_asked_to_end = False

    def end(*_: object) -> None:
        nonlocal is_asked_to_end
        is_asked_to_end = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    shares = [Share(number, processes) for number in range(processes)]
    until_s = time.monotonic() + seconds
    with ExitStack() as children:
        started = [_start(folder, orders, share) for share in shares]
        children.callback(_stop, started)
        while not is_asked_to_end and time.monotonic() < until_s:
            time.sleep(_TELL_EVERY_S)
            if all((folder.path / progress_name(share)).exists() for share in shares):  # else some count as none
                tally = _gather(folder, shares)
                folder.write(PROGRESS, tally.write())
                tell(in_words(tally))
            for running in started:
                if running.poll() is not None:
                    raise FolderError(say("Một tiến trình đã dừng.", "A process has ended.") + f" {folder.path}")
    tally = _gather(folder, shares)
    folder.write(PROGRESS, tally.write())
    tell(in_words(tally))


def _start(folder: Folder, orders: Orders, share: Share) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-P", "-m", "collector.cli", "simulate", "--folder", str(folder.path))
    what = ("--scenario", orders.name, "--seed", str(orders.seed), "--share", f"{share.number}/{share.of}")
    log = folder.path / f"simulate-{share.number}.log"
    return child.start((*command, *what), log)


def _stop(started: list[subprocess.Popen[bytes]]) -> None:
    for running in started:
        if running.poll() is None:
            running.terminate()
    for running in started:
        child.stop(running, _STOP_S)


def _gather(folder: Folder, shares: list[Share]) -> Tally:
    total = Tally()
    for told in _told(folder, shares):
        total += Tally.read(told)
    return total


def _told(folder: Folder, shares: list[Share]) -> Iterator[dict[str, Any]]:
    for share in shares:
        path = folder.path / progress_name(share)
        if path.exists():
            yield json.loads(path.read_text(encoding="utf-8"))


def _check_brokers(devices: Iterable[Credentials]) -> None:
    """Raise FolderError where a device could not even try to connect."""
    for broker, ca_file in {(broker, one.ca_file) for one in devices for broker in one.brokers}:
        try:
            tls_of(broker, ca_file)
        except (OSError, ValueError) as error:
            raise FolderError(f"{broker}, {ca_file}: {error}") from error


def _allow_files(wanted: int) -> None:
    """Raise this process's limit of open files; raises FolderError where the system does not let us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise FolderError(
            say(
                f"Hệ thống chỉ cho {hard} tệp mở mỗi tiến trình, cần {wanted}: nâng bằng ulimit -Hn.",
                f"The system allows {hard} open files per process, and {wanted} are needed: raise it by ulimit -Hn.",
            )
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
