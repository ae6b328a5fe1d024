from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provisioning import authority

NOW = datetime.now(UTC)


def served(server: authority.ServerCertificate, ca: Path, name: str) -> str | None:
    """Return what a client that trusts only `ca` says of the server under this name; None: it is satisfied."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with context.wrap_socket(theirs, server_side=True):
                pass
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    trust = ssl.create_default_context(cafile=str(ca))
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        with trust.wrap_socket(ours, server_hostname=name):
            return None
    except ssl.SSLError as error:
        return str(error)
    finally:
        ours.close()
        thread.join(20)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "centre.example.vn"])
def test_a_client_that_trusts_the_authority_trusts_the_server_by_name_and_address(tmp_path: Path, name: str):
    server = authority.server_certificate(tmp_path, ("localhost", "127.0.0.1", "centre.example.vn"), NOW)
    assert served(server, tmp_path / "ca.pem", name) is None


def test_another_name_or_another_authority_is_refused(tmp_path: Path):
    server = authority.server_certificate(tmp_path, ("localhost",), NOW)
    assert "mismatch" in (served(server, tmp_path / "ca.pem", "elsewhere.vn") or "")
    other = tmp_path / "other"
    other.mkdir()
    assert "verify failed" in (served(server, authority.make_authority(other, NOW), "localhost") or "")


def test_nothing_is_made_twice_until_the_names_change_or_the_end_is_near(tmp_path: Path):
    server = authority.server_certificate(tmp_path, ("localhost",), NOW)
    ca, first = (tmp_path / "ca.pem").read_bytes(), server.certificate.read_bytes()
    authority.server_certificate(tmp_path, ("localhost",), NOW + timedelta(days=360))
    assert server.certificate.read_bytes() == first
    authority.server_certificate(tmp_path, ("localhost",), NOW + timedelta(days=370))
    second = server.certificate.read_bytes()
    assert second != first
    authority.server_certificate(tmp_path, ("localhost", "10.0.0.1"), NOW + timedelta(days=370))
    assert server.certificate.read_bytes() != second
    assert (tmp_path / "ca.pem").read_bytes() == ca


def test_the_authority_lasts_twenty_years_and_the_keys_are_their_owners_alone(tmp_path: Path):
    server = authority.server_certificate(tmp_path, ("localhost",), NOW)
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert ca.not_valid_after_utc > NOW + timedelta(days=20 * 365)
    assert ca.not_valid_before_utc < NOW - timedelta(hours=23)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ca.key", server.key)} == {0o600}


def test_a_fingerprint_is_what_other_programs_show(tmp_path: Path):
    pem = authority.make_authority(tmp_path, NOW).read_bytes()
    import hashlib

    der = ssl.PEM_cert_to_DER_cert(pem.decode())
    assert authority.fingerprint(pem).replace(" ", "") == hashlib.sha256(der).hexdigest().upper()
