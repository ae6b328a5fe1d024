"""What every command shares: the settings, the registry, who asks, and how errors are told.

Only click and the standard library are imported here, so that a machine without the extra is told what to install.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from contract.clock import wall_us
from contract.languages import say
from provisioning.moments import VIETNAM

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from provisioning.settings import Settings

_OUR_PACKAGES = ("agent", "collector", "contract", "provisioning")


class Commands(click.Group):
    """A group whose commands end every expected error with one line that says what to do next, and exit code 1."""

    extra = "provisioning"  # what a machine without the libraries must install
    makes_tables = "diemcau-provision init"  # what to run where the database has no tables yet

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in _OUR_PACKAGES:
                raise
            raise click.ClickException(
                say(
                    f"Thiếu {error.name}. Cài: pip install 'diemcau[{self.extra}]'",
                    f"{error.name} is missing. Install: pip install 'diemcau[{self.extra}]'",
                )
            ) from error
        except Exception as error:
            text = _database_text(error, self.makes_tables)
            if text is None:
                raise
            raise click.ClickException(text) from error


def _database_text(error: Exception, makes_tables: str) -> str | None:
    """Return what to do about a database that cannot be used; None when the error is another."""
    errors = sys.modules.get("sqlalchemy.exc")  # whoever has not loaded it has raised none of its errors
    if errors is None:
        return None
    if isinstance(error, errors.ArgumentError):
        return say(f"Không hiểu được database_url: {error}", f"database_url is not understood: {error}")
    if not isinstance(error, errors.OperationalError | errors.ProgrammingError):
        return None
    reason = str(error.orig).partition("\n")[0]
    is_without_tables = reason.startswith(("no such table", "no such column")) or (
        getattr(error.orig, "sqlstate", None) in ("42P01", "42703")  # PostgreSQL: undefined table, undefined column
    )
    if is_without_tables:
        return say(
            f"Cơ sở dữ liệu chưa có đủ bảng ({reason}). Chạy trước: {makes_tables}",
            f"The database lacks tables ({reason}). Run first: {makes_tables}",
        )
    return say(
        f"Không dùng được cơ sở dữ liệu: {reason}. Xem lại database_url và máy chủ của nó.",
        f"The database cannot be used: {reason}. Look at database_url and at its server.",
    )


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return wall_us()


def day_of(at_us: int) -> str:
    """Return the Vietnamese day of a moment, as a person writes it."""
    return f"{datetime.fromtimestamp(at_us / 1e6, VIETNAM):%d/%m/%Y}"


def actor() -> str:
    """Return who asks, for the audit."""
    return f"terminal:{getpass.getuser()}"


@contextmanager
def telling() -> Iterator[None]:
    """Turn what may go wrong on the way into one line for the terminal."""
    from provisioning.broker.running import BrokerError
    from provisioning.errors import ProvisioningError

    try:
        yield
    except ProvisioningError as error:
        raise click.ClickException(str(error)) from error
    except BrokerError as error:
        text = say(f"Máy chủ MQTT chưa nhận cấu hình mới: {error}", f"The broker lags behind: {error}")
        raise click.ClickException(text) from error
    except BrokenPipeError:  # nobody reads on: click ends quietly
        raise
    except OSError as error:
        text = say(f"Không đọc hoặc ghi được: {error}", f"Cannot be read or written: {error}")
        raise click.ClickException(text) from error


def load_settings() -> Settings:
    """Read the centre's settings, telling what is wrong with them."""
    from provisioning import settings

    try:
        return settings.load()
    except (ValueError, OSError) as error:
        raise click.ClickException(say(f"Cài đặt sai: {error}", f"Wrong settings: {error}")) from error


@contextmanager
def registry() -> Iterator[tuple[Settings, Engine]]:
    """Give the settings and the open registry to a command."""
    from provisioning.store.engine import open_engine

    settings = load_settings()
    settings.folder("db")
    engine = open_engine(settings.database)
    try:
        with telling():
            yield settings, engine
    finally:
        engine.dispose()
