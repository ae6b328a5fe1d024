"""init, units, broker, enrolment: setting the centre up and running its enrolment."""

from __future__ import annotations

import click

from contract.languages import say
from provisioning.commands.centre import load_settings, registry, telling


@click.command(
    help=say(
        "Chuẩn bị trung tâm: thư mục, khóa bí mật, chứng thư, cơ sở dữ liệu, danh mục đơn vị. Chạy lại không sao.",
        "Set the centre up: folders, secrets, certificates, database, units. Running it again does no harm.",
    )
)
def init() -> None:
    """Set the centre up; idempotent."""
    from provisioning import authority
    from provisioning.app import make_enrolment
    from provisioning.broker.reload import write_configuration
    from provisioning.settings import FOLDERS
    from provisioning.store.engine import writing
    from provisioning.store.migrate import migrate
    from provisioning.units.load import load_units

    with registry() as (settings, engine):
        for name in FOLDERS:
            settings.folder(name)
        migrate(engine)
        with writing(engine) as connection:
            added = load_units(connection)
        enrolment = make_enrolment(settings)
        enrolment.engine.dispose()
        write_configuration(engine, settings)
        fingerprint = authority.fingerprint(enrolment.ca_pem.encode())
        click.echo(
            say(
                f"Sẵn sàng ở {settings.home} (thêm {added} đơn vị).\nDấu vân tay của máy chủ: {fingerprint}",
                f"Ready at {settings.home} ({added} units added).\nThe server's fingerprint: {fingerprint}",
            )
        )


@click.group(help=say("Đơn vị hành chính.", "Administrative units."))
def units() -> None:
    """Group the commands on units."""


@units.command("list", help=say("Liệt kê đơn vị có hiệu lực trong một ngày.", "List the units in force on a day."))
@click.option("--as-of", default="2023-08-15", show_default=True, help=say("Ngày (ISO).", "The day (ISO)."))
@click.option("--province", help=say("Chỉ các huyện của tỉnh có mã này.", "Only districts of the province's code."))
def list_units(as_of: str, province: str | None) -> None:
    """Print code, level and name, separated by tabs."""
    from provisioning.units.load import units_as_of

    with registry() as (_, engine), engine.connect() as connection:
        rows = units_as_of(connection, as_of)
    parents = {row.id for row in rows if row.level == 1 and row.code == province}
    for row in rows:
        if province is None or row.parent_id in parents:
            click.echo(f"{row.code}\t{row.level}\t{row.name}")


@click.group(help=say("Cấu hình máy chủ MQTT.", "The MQTT broker's configuration."))
def broker() -> None:
    """Group the commands on the broker."""


@broker.command(
    help=say(
        "Ghi cấu hình từ cơ sở dữ liệu; nếu máy chủ đang chạy thì nạp lại và đợi xong.",
        "Write the configuration from the registry; a running broker reloads it, and this waits until it has.",
    )
)
def config() -> None:
    """Write the broker's configuration and print its path."""
    from provisioning.broker.reload import write_configuration

    with registry() as (settings, engine):
        click.echo(write_configuration(engine, settings))


@broker.command(
    help=say(
        "Kiểm tra máy chủ có đang chạy đúng cấu hình của cơ sở dữ liệu không; mã thoát 1 nếu không.",
        "Check that the broker runs what the registry says; exit code 1 when not.",
    )
)
def check() -> None:
    """Compare registry, file and running broker."""
    from provisioning.broker.reload import check_broker

    with registry() as (settings, engine):
        check_broker(engine, settings)
    click.echo(say("Máy chủ chạy đúng cấu hình.", "The broker runs the registry's configuration."))


@click.command(
    help=say(
        "Phục vụ đăng ký thiết bị qua HTTPS cho đến khi dừng bằng Ctrl-C hoặc SIGTERM.",
        "Serve enrolment over HTTPS until Ctrl-C or SIGTERM.",
    )
)
def enrolment() -> None:
    """Serve enrolment in the foreground."""
    from provisioning.app import serve

    settings = load_settings()
    with telling():
        serve(settings)
