"""Taking a device out of use, and letting a waiting one in; the broker follows in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import device


def revoke(engine: Engine, name: str, actor: str, now_us: int, tell_broker: Callable[[], object]) -> None:
    """Revoke a device and throw it off the broker; again does no harm. Raises ProvisioningError."""
    with writing(engine) as connection:
        held = _find(connection, name)
        if held.state != "revoked":
            new = {"state": "revoked", "revoked_at": now_us}
            _change(connection, held, new, "device revoked", actor, now_us)
    tell_broker()


def approve(engine: Engine, name: str, actor: str, now_us: int, tell_broker: Callable[[], object]) -> None:
    """Let a waiting device in; it stays a spare. Again does no harm. Raises ProvisioningError."""
    with writing(engine) as connection:
        held = _find(connection, name)
        if held.state == "revoked":
            raise ProvisioningError(
                f"Thiết bị {name} đã bị thu hồi; hãy đăng ký lại bằng mã mới.",
                f"Device {name} was revoked; enrol again with a new code.",
            )
        if held.state == "waiting":
            _change(connection, held, {"state": "active"}, "device approved", actor, now_us)
    tell_broker()


def _find(connection: Connection, name: str) -> Row[Any]:
    held = connection.execute(select(device).where(device.c.name == name).with_for_update()).one_or_none()
    if held is None:
        raise ProvisioningError(
            f"Không có thiết bị {name}. Xem: diemcau-provision devices list",
            f"There is no device {name}. See: diemcau-provision devices list",
        )
    return held


def _change(connection: Connection, held: Row[Any], new: dict[str, Any], action: str, actor: str, now_us: int) -> None:
    connection.execute(update(device).where(device.c.id == held.id).values(new))
    audit.append(connection, actor, action, held.name, {"was": held.state}, now_us)
    record_changes(connection, [("device", held.id)])
