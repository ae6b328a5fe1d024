"""The private certificate authority that devices pin, and the servers' certificate it signs.

home/ca/ca.pem, ca.key           the authority: 20 years, longer than any device in the field
home/ca/server.pem, server.key   for broker, enrolment and probe server: 397 days, renewed 30 days before
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning import secret_files

_AUTHORITY_DAYS = 20 * 365 + 5
_SERVER_DAYS = 397  # the most that browsers and Apple's systems accept
_RENEW_DAYS = 30
_EARLIER = timedelta(days=1)  # for sites whose clock is a little behind


class ServerCertificate(NamedTuple):
    """Where a server finds what it shows and what it signs with."""

    certificate: Path
    key: Path


def make_authority(folder: Path, now: datetime) -> Path:
    """Make the authority in `folder` unless it is there; returns the path of its certificate."""
    key = _read_or_make_key(folder / "ca.key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Diem Cau CA")])
    public = key.public_key()
    builder = (
        _builder(name, name, public, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    secret_files.read_or_make(folder / "ca.pem", lambda: _pem(builder.sign(key, hashes.SHA256())))
    return folder / "ca.pem"


def server_certificate(folder: Path, names: Iterable[str], now: datetime) -> ServerCertificate:
    """Return the certificate for these host names and IP addresses, made anew when it does not fit or ends soon."""
    make_authority(folder, now)
    files = ServerCertificate(folder / "server.pem", folder / "server.key")
    wanted = tuple(dict.fromkeys(names))
    if not (files.certificate.exists() and _fits(files.certificate, wanted, now)):
        authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        secret_files.write(files.certificate, _sign(folder, authority, wanted, now))
    return files


def fingerprint(ca_pem: bytes) -> str:
    """Return the SHA-256 of the certificate in groups of four, for a person to compare."""
    digest = x509.load_pem_x509_certificate(ca_pem).fingerprint(hashes.SHA256()).hex().upper()
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def _sign(folder: Path, authority: x509.Certificate, names: tuple[str, ...], now: datetime) -> bytes:
    public = _read_or_make_key(folder / "server.key").public_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    authority_id = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(subject, authority.subject, public, now, _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id), critical=False)
    )
    return _pem(builder.sign(_read_or_make_key(folder / "ca.key"), hashes.SHA256())) + _pem(authority)


def _fits(path: Path, names: tuple[str, ...], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(held) == {_general_name(name) for name in names} and (
        certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - timedelta(days=_RENEW_DAYS)
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now - _EARLIER + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _read_or_make_key(path: Path) -> ec.EllipticCurvePrivateKey:
    pem = secret_files.read_or_make(
        path,
        lambda: ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} is no elliptic-curve key")
    return key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
