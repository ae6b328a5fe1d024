from __future__ import annotations

import datetime
import ssl
import threading
from socket import create_connection, socket

import pytest
import trustme

from agent import trust

NOW_US = 1_800_000_000_000_000


@pytest.mark.parametrize(
    ("wall_us", "offset_ms", "plausible"),
    [
        (NOW_US, None, True),
        (NOW_US, 59_000.0, True),
        (NOW_US, -7_200_000.0, False),  # two hours behind the centre
        (1_420_070_400_000_000, None, False),  # 2015: an empty battery
        (2_500_000_000_000_000, None, False),
        (0, 0.0, False),
    ],
)
def test_a_clock_is_plausible_within_the_life_of_the_project_and_near_the_centre(wall_us, offset_ms, plausible):
    assert trust.is_plausible(wall_us, offset_ms) is plausible


@pytest.fixture
def try_tls(tmp_path):
    """Return a function that connects to a server with a certificate and returns why that failed, or None."""

    def attempt(issued_by, trusted, name="localhost", days=30, is_clock_plausible=True):
        now = datetime.datetime.now(datetime.UTC)
        certificate = issued_by.issue_cert(
            name, not_before=now - datetime.timedelta(days=60), not_after=now + datetime.timedelta(days=days)
        )
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(server)
        ca_file = tmp_path / "ca.pem"
        trusted.cert_pem.write_to_path(str(ca_file))
        with socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            thread = threading.Thread(target=_serve_once, args=(listener, server))
            thread.start()
            try:
                context = trust.context(ca_file, is_clock_plausible)
                with (
                    create_connection(listener.getsockname(), 10) as tcp,
                    context.wrap_socket(tcp, server_hostname="localhost"),
                ):
                    return None
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
            finally:
                thread.join()

    return attempt


def _serve_once(listener, context):
    tcp, _ = listener.accept()
    with tcp:
        try:
            context.wrap_socket(tcp, server_side=True).close()
        except OSError:
            return


@pytest.fixture(scope="module")
def ours():
    return trustme.CA()


def test_a_certificate_of_our_authority_is_trusted(try_tls, ours):
    assert try_tls(ours, ours) is None


def test_an_expired_one_is_refused_unless_our_clock_cannot_be_right(try_tls, ours):
    assert "expired" in try_tls(ours, ours, days=-1)
    assert try_tls(ours, ours, days=-1, is_clock_plausible=False) is None


@pytest.mark.parametrize("is_clock_plausible", [True, False])
def test_another_authority_or_name_is_refused_whatever_the_clock(try_tls, ours, is_clock_plausible):
    assert try_tls(trustme.CA(), ours, is_clock_plausible=is_clock_plausible) is not None
    assert "localhost" in try_tls(ours, ours, name="other.example.vn", is_clock_plausible=is_clock_plausible)
