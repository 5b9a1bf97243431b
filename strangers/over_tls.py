"""Serves one devhost over TLS and over plain HTTP, both on loopback; runs in the project's environment.

Usage: over_tls.py CONTROL_PORT TLS_PORT FOLDER; the certificate and its key are made in FOLDER.
"""

import asyncio
import datetime as dt
import ipaddress
import sys
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from devhost.app import create_devhost

ADDRESS = "127.0.0.1"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for this machine, good for a day, and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ADDRESS)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ADDRESS))]), critical=False)
        # Newer versions of Python trust a certificate of its own only with these.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def serve(control_port: int, tls_port: int, folder: Path) -> None:
    """Serve one devhost on both ports until a signal ends it."""
    certificate, key = make_certificate(folder)
    app = create_devhost(f"https://{ADDRESS}:{tls_port}")
    plain = uvicorn.Config(app, host=ADDRESS, port=control_port, log_level="warning")
    # The app starts and ends once, with the plain server.
    secure = uvicorn.Config(
        app,
        host=ADDRESS,
        port=tls_port,
        log_level="warning",
        lifespan="off",
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
    )
    await asyncio.gather(uvicorn.Server(plain).serve(), uvicorn.Server(secure).serve())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
