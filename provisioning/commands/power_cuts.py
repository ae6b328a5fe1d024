"""power-cuts add, edit, list, remove: when the power company has said that it cuts the power."""

from __future__ import annotations

import click

from contract.languages import say
from provisioning.commands.centre import actor, now_us, registry


@click.group(
    "power-cuts",
    help=say(
        "Lịch cắt điện đã thông báo: khi ấy tổng duyệt không gọi các điểm cầu ở đó.",
        "Power cuts as announced: dry runs leave the sites there alone meanwhile.",
    ),
)
def power_cuts() -> None:
    """Group the commands on power cuts."""


@power_cuts.command(
    "add", help=say("Thêm: từ, đến, như 2026-08-10T08:00 2026-08-10T11:30.", "Add one: from, to, as 2026-08-10T08:00.")
)
@click.argument("starts_at")
@click.argument("ends_at")
@click.option("--unit", "units", multiple=True, help=say("Mã tỉnh, huyện.", "Code of a province or district."))
@click.option("--site", "sites", multiple=True, help=say("Mã điểm cầu.", "Code of a site."))
@click.option("--note", default="", help=say("Ai thông báo, ở đâu.", "Who announced it, and where."))
def add_power_cut(starts_at: str, ends_at: str, units: tuple[str, ...], sites: tuple[str, ...], note: str) -> None:
    """Add a power cut."""
    from provisioning import moments
    from provisioning import power_cuts as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        span = (moments.read(starts_at, now_us()), moments.read(ends_at, now_us()))
        rows.add(connection, *span, note, units, sites, actor(), now_us())
    click.echo(say(f"Đã thêm lịch cắt điện từ {starts_at}.", f"Added the power cut of {starts_at}."))


@power_cuts.command("list", help=say("Liệt kê lịch cắt điện chưa qua.", "List the power cuts that are not over."))
@click.option("--all", "is_all", is_flag=True, help=say("Cả những lịch đã qua.", "Those that are over too."))
def list_power_cuts(is_all: bool) -> None:
    """Print number, from, to, where and note, separated by tabs."""
    from provisioning import moments
    from provisioning import power_cuts as rows

    with registry() as (_, engine), engine.connect() as connection:
        for cut in rows.list_power_cuts(connection, 0 if is_all else now_us()):
            span = f"{moments.write(cut.starts_at)}\t{moments.write(cut.ends_at)}"
            click.echo(f"{cut.id}\t{span}\t{cut.unit or cut.site}\t{cut.note}")


@power_cuts.command(
    "edit",
    help=say("Sửa giờ, ghi chú của lịch này; không ghi gì thì giữ nguyên.", "Correct when, or its note."),
)
@click.argument("number", type=int)
@click.option("--from", "starts", help=say("Từ lúc.", "From when."))
@click.option("--to", "ends", help=say("Đến lúc.", "To when."))
@click.option("--note", help=say("Ai thông báo, ở đâu.", "Who announced it, and where."))
def edit_power_cut(number: int, starts: str | None, ends: str | None, note: str | None) -> None:
    """Correct when a power cut is, or its note."""
    from provisioning import moments
    from provisioning import power_cuts as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        now, held = now_us(), rows.find(connection, number)
        starts_at = held["starts_at"] if starts is None else moments.read(starts, now)
        ends_at = held["ends_at"] if ends is None else moments.read(ends, now)
        rows.change(connection, number, starts_at, ends_at, held["note"] if note is None else note, actor(), now)
    told = f"{moments.write(starts_at)} – {moments.write(ends_at)}"
    click.echo(say(f"Lịch cắt điện số {number}: {told}.", f"Power cut {number}: {told}."))


@power_cuts.command("remove", help=say("Bỏ lịch cắt điện mang số này.", "Remove the power cut of this number."))
@click.argument("number", type=int)
def remove_power_cut(number: int) -> None:
    """Remove a power cut that was called off."""
    from provisioning import power_cuts as rows
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        rows.remove(connection, number, actor(), now_us())
    click.echo(say(f"Đã bỏ lịch cắt điện số {number}.", f"Removed power cut {number}."))
