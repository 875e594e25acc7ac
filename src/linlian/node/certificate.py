"""A certificate that this machine makes for itself, so that phones of the same network may hold keys at its address.

    made = own_certificate(folder, "192.168.1.20")       # folder/https.pem, for its owner alone
    made.path, made.fingerprint

Rules
- Nobody vouches for it: browsers warn, and whoever connects compares the fingerprint with the one in the terminal.
- It is kept, so that a device which trusts it once need not be asked again, and made anew when it is about to run out,
  or when the machine is reached under a name that it does not have.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from linlian.node.folder import NodeError, make_folder, write_secret

FILE = "https.pem"
VALID = timedelta(days=397)
"""The longest that browsers take."""
RENEWED = timedelta(days=30)
SOMEWHERE = ("192.0.2.1", 9)
"""An address of documents alone (RFC 5737): asking the way there sends nothing."""


class OwnCertificate(NamedTuple):
    """Key and certificate in one file, and the SHA-256 of the certificate as browsers show it."""

    path: Path
    fingerprint: str


def own_certificate(folder: Path, host: str) -> OwnCertificate:
    """The folder's certificate for a name or address, a new one if need be. Raises NodeError."""
    make_folder(folder)
    path = folder / FILE
    if path.is_file():
        found = _read(path)
        now = datetime.now(UTC)
        if host in _names(found) and found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEWED:
            return OwnCertificate(path, fingerprint_of(path))
        path.unlink()
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_secret(path, secret + _certificate(key, host).public_bytes(pem))
    return OwnCertificate(path, fingerprint_of(path))


def fingerprint_of(path: Path) -> str:
    """SHA-256 over the certificate of a file, in pairs of digits. Raises NodeError (`node.certificate_unreadable`)."""
    return _read(path).fingerprint(hashes.SHA256()).hex(":").upper()


def address_here() -> str:
    """The address that other devices of the network reach this machine at. Raises NodeError (`node.no_network`)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(SOMEWHERE)
        except OSError as error:
            raise NodeError("node.no_network", reason=error.strerror or "") from error
        found: str = asking.getsockname()[0]
    return found


def _certificate(key: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Linlian {os.urandom(4).hex()}")])
    names = [_general_name(each) for each in dict.fromkeys((host, "localhost", "127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _names(found: x509.Certificate) -> list[str]:
    told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(each.value) for each in told]


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NodeError("node.certificate_unreadable", path=str(path), reason=str(error)[:200]) from error
