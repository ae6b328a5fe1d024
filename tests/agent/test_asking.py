from __future__ import annotations

import socket
import ssl

import pytest

from agent import asking

EXPIRED = ssl.SSLCertVerificationError("certificate has expired")
EXPIRED.verify_code = 10  # X509_V_ERR_CERT_HAS_EXPIRED


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(ConnectionResetError("reset"), "portal"), (socket.gaierror("no such name"), "name"), (EXPIRED, "date")],
)
def test_where_the_name_or_the_date_is_the_trouble_no_login_is_looked_for(monkeypatch, reason, kind):
    monkeypatch.setattr(asking, "_is_portal", lambda _: True)
    assert asking._unreachable("https://centre.example.vn", reason).kind == kind
