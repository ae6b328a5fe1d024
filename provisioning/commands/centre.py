"""What every command shares: the settings, the registry, who asks, and how errors are told.

Only click and the standard library are imported here, so that a machine without the extra is told what to install.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from contract.languages import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from provisioning.settings import Settings

_OUR_PACKAGES = ("agent", "collector", "contract", "provisioning")


class Commands(click.Group):
    """A group whose commands end every expected error with one line that says what to do next, and exit code 1."""

    extra = "provisioning"  # what a machine without the libraries must install

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


def now_us() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def actor() -> str:
    """Return who asks, for the audit."""
    return f"terminal:{getpass.getuser()}"


@contextmanager
def telling() -> Iterator[None]:
    """Turn what may go wrong on the way into one line for the terminal."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from provisioning.broker.reload import BrokerError
    from provisioning.errors import ProvisioningError

    try:
        yield
    except ProvisioningError as error:
        raise click.ClickException(str(error)) from error
    except BrokerError as error:
        text = say(f"Máy chủ MQTT chưa nhận cấu hình mới: {error}", f"The broker lags behind: {error}")
        raise click.ClickException(text) from error
    except (OperationalError, ProgrammingError) as error:
        text = say(
            f"Không dùng được cơ sở dữ liệu ({error.orig}). Chạy trước: diemcau-provision init",
            f"The database cannot be used ({error.orig}). Run first: diemcau-provision init",
        )
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
    except ValueError as error:
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
