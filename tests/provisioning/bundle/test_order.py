from __future__ import annotations

import pytest

from provisioning.bundle.order import Centre, centre
from provisioning.errors import ProvisioningError

CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
SERVER, PAGE = "https://diemcau.example.vn:8443", "http://diemcau.example.vn/kiem-tra"


def test_a_centre_is_its_address_its_authority_and_its_page():
    assert centre(SERVER, CERTIFICATE, PAGE) == Centre(SERVER, CERTIFICATE, PAGE)


@pytest.mark.parametrize(
    "server",
    ["http://diemcau.example.vn", "diemcau.example.vn", 'https://a.vn" & calc', "https://a.vn/$(id)", "https://a.vn\n"],
)
def test_an_address_that_a_shell_or_an_installer_would_read_otherwise_is_refused(server):
    with pytest.raises(ProvisioningError) as refused:
        centre(server, CERTIFICATE, PAGE)
    assert "must look like" in refused.value.en


@pytest.mark.parametrize("pem", [b"", KEY, CERTIFICATE + KEY, CERTIFICATE * 2])
def test_only_one_certificate_and_no_key_goes_into_a_bundle(pem):
    with pytest.raises(ProvisioningError) as refused:
        centre(SERVER, pem, PAGE)
    assert "one certificate and no private key" in refused.value.en
