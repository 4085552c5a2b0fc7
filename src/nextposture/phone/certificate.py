"""A certificate for one pairing: for one address, signed by nobody else, valid for a day or so.

Browsers give a page the phone's sensors only over an encrypted connection. No authority signs certificates
for addresses inside a home, so the phone warns once. The key never leaves memory but for the moment in which
the TLS library, which reads files only, is given it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address


def certificate_for(address: str, now: datetime, days: int) -> tuple[bytes, bytes]:
    """Certificate and private key as PEM, for a server at the IP `address`; valid `days` from `now`.

    It begins an hour earlier, for a phone whose clock is behind. Raises ValueError for what is no IP address.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Next Posture on your computer")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
