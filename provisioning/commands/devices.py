"""codes, devices, revoke: what lets a device in and what puts it out."""

from __future__ import annotations

from pathlib import Path

import click

from contract.languages import say
from provisioning.commands.centre import actor, day_of, now_us, registry


@click.group(help=say("Mã đăng ký của các điểm cầu.", "The sites' enrolment codes."))
def codes() -> None:
    """Group the commands on codes."""


@codes.command(
    help=say(
        "Tạo mã. Mã chỉ hiện ra lần này; --site thay mã cũ, --all chỉ tạo cho điểm cầu chưa có mã còn hiệu lực.",
        "Make codes. They are shown only now; --site replaces the old one, --all makes those that are missing.",
    )
)
@click.option("--site", "site_code", help=say("Mã điểm cầu, ví dụ K7QF2MX.", "The site's code, e.g. K7QF2MX."))
@click.option("--all", "for_all", is_flag=True, help=say("Mọi điểm cầu chưa có mã.", "Every site without a code."))
@click.option(
    "--csv", "file", type=click.Path(path_type=Path), help=say("Ghi ra tệp CSV này.", "Write to this CSV file.")
)
def make(site_code: str | None, for_all: bool, file: Path | None) -> None:
    """Make codes for one site or all, valid until the last session ends; none when they cannot be handed out."""
    from provisioning import sheets
    from provisioning.store.engine import writing

    if (site_code is None) is not for_all:
        raise click.UsageError(say("Chọn --site MÃ hoặc --all.", "Choose --site CODE or --all."))
    with registry() as (settings, engine), writing(engine) as connection:
        made = sheets.make_codes(connection, settings, site_code, actor(), now_us())
        if file is not None:
            sheets.write_csv(file, made)
        else:
            click.echo("".join(f"{sheet.code}\t{sheet.site_name}\n" for sheet in made), nl=False)
    if not made:
        click.echo(
            say(
                "Mọi điểm cầu đã có mã còn hiệu lực, nên không tạo mã nào. Mất phiếu: --site MÃ thay mã của nơi ấy.",
                "Every site has a code in force, so none was made. A sheet is lost: --site CODE replaces one site's.",
            ),
            err=True,
        )
    elif file is not None:
        click.echo(say(f"{len(made)} mã → {file}", f"{len(made)} codes → {file}"))


@codes.command(
    help=say(
        "Hủy mã của một điểm cầu; thiết bị đã đăng ký vẫn dùng được.",
        "End a site's code; devices that enrolled by it stay.",
    )
)
@click.argument("site_code")
def end(site_code: str) -> None:
    """End a code that was lost or shown around."""
    from provisioning import sheets
    from provisioning.store.engine import writing

    with registry() as (_, engine), writing(engine) as connection:
        sheets.end_code(connection, site_code, actor(), now_us())
    click.echo(say(f"Đã hủy mã của {site_code}.", f"The code of {site_code} has ended."))


@codes.command(
    help=say(
        "In địa chỉ trang riêng của một điểm cầu (mở không cần mật khẩu); --renew làm địa chỉ cũ hết hiệu lực.",
        "Print the address of a site's own page, which opens without a password; --renew replaces it.",
    )
)
@click.argument("site_code")
@click.option("--renew", is_flag=True, help=say("Thay địa chỉ đã phát.", "Replace the address handed out."))
def link(site_code: str, renew: bool) -> None:
    """Print the link to a site's own page."""
    from provisioning import secret_files, sheets, site_links
    from provisioning.store.engine import writing

    with registry() as (settings, engine), writing(engine) as connection:
        found = sheets.find(connection, site_code)
        generation = found.link_generation
        if renew:
            generation = site_links.renew(connection, found.code, actor(), now_us())
        key = secret_files.key(settings.folder("secrets"), site_links.KEY)
        click.echo(site_links.address(settings, key, found.code, generation))


@click.group(help=say("Thiết bị đã đăng ký.", "Enrolled devices."))
def devices() -> None:
    """Group the commands on devices."""


@devices.command("list", help=say("Liệt kê thiết bị.", "List the devices."))
@click.option("--state", type=click.Choice(["active", "waiting", "revoked"]))
def list_devices(state: str | None) -> None:
    """Print id, state, site code, site name and what else is known of a device, separated by tabs."""
    from sqlalchemy import func, select

    from provisioning.enrolment import OTHER_MACHINE
    from provisioning.store.tables import audit, device, site

    query = select(device.c.name, device.c.state, site.c.code, site.c.name).join(site, site.c.id == device.c.site_id)
    if state is not None:
        query = query.where(device.c.state == state)
    with registry() as (_, engine), engine.connect() as connection:
        latest = select(audit.c.subject, func.max(audit.c.at)).where(audit.c.action == OTHER_MACHINE)
        moved = {name: day_of(at) for name, at in connection.execute(latest.group_by(audit.c.subject))}
        for row in connection.execute(query.order_by(device.c.id)):
            told = say("đã đăng ký lại từ máy khác ngày", "enrolled again from another machine on")
            click.echo("\t".join((*row, f"{told} {moved[row.name]}") if row.name in moved else row))


@devices.command(help=say("Duyệt một thiết bị đang chờ.", "Let a waiting device in."))
@click.argument("device")
def approve(device: str) -> None:
    """Approve a device; the broker knows it when this returns."""
    from provisioning import revocation
    from provisioning.broker.reload import write_configuration

    with registry() as (settings, engine):
        revocation.approve(engine, device, actor(), now_us(), lambda: write_configuration(engine, settings))
    click.echo(say(f"Đã duyệt {device}.", f"{device} is approved."))


@devices.command(
    help=say(
        "Cấp sẵn thiết bị cho mọi điểm cầu chưa có thiết bị nào, không cần mã: để thử tải "
        "(`diemcau-collector simulate`) hoặc cài hàng loạt. Mật khẩu chỉ nằm trong tệp được ghi ra.",
        "Issue a device for every site that has none, without a code: for a load test (`diemcau-collector simulate`) "
        "or a roll-out. The passwords are in the file that is written, and nowhere else.",
    )
)
@click.option(
    "--out",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    help=say("Ghi ra tệp này, mỗi dòng một thiết bị (JSON).", "Write to this file, a line of JSON per device."),
)
def issue(file: Path) -> None:
    """Issue devices in bulk; the broker knows them when this returns."""
    from provisioning import bulk
    from provisioning.broker.reload import write_configuration
    from provisioning.store.engine import writing

    with registry() as (settings, engine):
        with writing(engine) as connection:
            sites = bulk.sites_without_device(connection)
            issued = bulk.issue(connection, settings, sites, actor(), now_us())
            bulk.write_jsonl(file, issued, settings)
        write_configuration(engine, settings)
    if issued:
        click.echo(say(f"{len(issued)} thiết bị → {file}", f"{len(issued)} devices → {file}"))
    else:
        click.echo(say("Điểm cầu nào cũng đã có thiết bị.", "Every site has a device already."), err=True)


@click.command(
    help=say(
        "Thu hồi một thiết bị: nó bị ngắt ngay và không kết nối lại được.",
        "Revoke a device: it is cut off at once and cannot come back.",
    )
)
@click.argument("device")
def revoke(device: str) -> None:
    """Revoke a device; it is off the broker when this returns."""
    from provisioning import revocation
    from provisioning.broker.reload import write_configuration

    with registry() as (settings, engine):
        revocation.revoke(engine, device, actor(), now_us(), lambda: write_configuration(engine, settings))
    click.echo(say(f"Đã thu hồi {device}.", f"{device} is revoked."))
