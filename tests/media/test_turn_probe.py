"""What an operator is told about relay servers: each from a real coturn, or from something that is none."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import SOCK_DGRAM, SOCK_STREAM, socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.media_settings import TurnSettings
from realtime.media.turn_probe import RelayFinding, probe_relays
from tests.media.turn_client import open_client
from tests.server.test_commands import run
from tests.support.coturn import Coturn, free_port, run_coturn


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay of a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return paths


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
async def coturn(certificate: tuple[Path, Path]) -> AsyncIterator[Coturn]:
    async with run_coturn(options=[f"--cert={certificate[0]}", f"--pkey={certificate[1]}"]) as running:
        yield running


async def probe(turn: TurnSettings, *, seconds: float = 4.0, trusted: Path | None = None) -> list[RelayFinding]:
    tls = ssl.create_default_context(cafile=trusted) if trusted else None
    return list(await probe_relays(turn, now=datetime.now(UTC), seconds=seconds, tls=tls))


async def probe_one(url: str, *, seconds: float = 4.0, trusted: Path | None = None, secret: str = "any") -> RelayFinding:
    (finding,) = await probe(TurnSettings.model_validate({"urls": url, "secret": secret}), seconds=seconds, trusted=trusted)
    return finding


async def test_a_good_relay_is_found_over_udp_tcp_and_tls(coturn: Coturn, certificate: tuple[Path, Path]) -> None:
    findings = await probe(coturn.settings("udp", "tcp", "tls"), trusted=certificate[0])
    assert [(finding.url, finding.is_well) for finding in findings] == [
        (coturn.url("udp"), True),
        (coturn.url("tcp"), True),
        (coturn.url("tls"), True),
    ]
    assert {finding.text.partition(",")[0] for finding in findings} == {"gives a relay"}
    assert "private address 127.0.0.1" in findings[0].text


async def test_what_is_wrong_is_said(coturn: Coturn) -> None:
    wrong_secret = await probe_one(coturn.url(), secret="another secret")
    assert (wrong_secret.is_well, "static-auth-secret" in wrong_secret.text) == (False, True)
    assert "another secret" not in wrong_secret.text
    for url, expected in (
        (f"turn:127.0.0.1:{free_port()}", "nothing listens there"),
        (f"turn:127.0.0.1:{free_port()}?transport=tcp", "nothing listens there"),
        (coturn.url("tls"), "its certificate is not accepted: self-signed certificate"),
        ("turn:no-such-host.invalid", "the name of its host is not known"),
    ):
        finding = await probe_one(url)
        assert (finding.url, finding.is_well) == (url, False)
        assert expected in finding.text


async def test_a_full_relay_says_so() -> None:
    async with run_coturn(options=["--total-quota=1"]) as coturn, open_client(coturn) as client:
        assert await client.allocate() is None
        (finding,) = await probe(coturn.settings())
        assert (finding.is_well, finding.text) == (False, "gives no relay: its quota is reached (user-quota, total-quota)")


async def test_the_probe_gives_its_relay_back() -> None:
    async with run_coturn(options=["--total-quota=1"]) as coturn:
        assert (await probe(coturn.settings()))[0].is_well
        async with asyncio.timeout(10), open_client(coturn) as client:
            while await client.allocate() == 486:  # noqa: ASYNC110 (coturn gives quota back in its own time)
                await asyncio.sleep(0.1)


@contextmanager
def deaf_port(kind: int) -> Iterator[int]:
    """A port that is open and never answers."""
    with socket(type=kind) as listener:
        listener.bind(("127.0.0.1", 0))
        if kind == SOCK_STREAM:
            listener.listen()
        yield listener.getsockname()[1]


async def test_silence_ends_in_time_and_all_addresses_are_asked_at_once() -> None:
    with deaf_port(SOCK_DGRAM) as udp, deaf_port(SOCK_STREAM) as tcp:
        urls = f"turn:127.0.0.1:{udp},turn:127.0.0.1:{tcp}?transport=tcp,turns:127.0.0.1:{tcp},stun:127.0.0.1:{udp}"
        started = time.monotonic()
        findings = await probe(TurnSettings.model_validate({"urls": urls, "secret": "any"}), seconds=0.6)
        assert time.monotonic() - started < 2
    assert [finding.is_well for finding in findings] == [False] * 4
    assert {finding.text.partition(";")[0] for finding in findings} == {"no answer within 0.6 seconds"}


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", bytes(range(256)) * 40])
async def test_what_is_no_turn_server_is_survived(answer: bytes) -> None:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(20)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for url in (f"turn:127.0.0.1:{port}?transport=tcp", f"turns:127.0.0.1:{port}"):
            assert (await probe_one(url, seconds=0.6)).is_well is False


async def test_a_stun_server_is_well_when_it_answers_everybody(coturn: Coturn) -> None:
    finding = await probe_one(f"stun:127.0.0.1:{coturn.port}")
    assert (finding.is_well, finding.text) == (True, "answers")
    async with run_coturn(options=["--secure-stun"]) as strict:
        finding = await probe_one(f"stun:127.0.0.1:{strict.port}")
        assert (finding.is_well, "wants credentials (secure-stun)" in finding.text) == (False, True)


async def test_doctor_asks_each_address_and_prints_no_secret(
    coturn: Coturn, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    urls = [coturn.url("udp"), coturn.url("tls"), f"turn:127.0.0.1:{free_port()}?transport=tcp"]
    turn = {"SOULSEER_TURN__URLS": ",".join(urls), "SOULSEER_TURN__SECRET": coturn.secret}
    examined = await asyncio.to_thread(run, "doctor", folder=tmp_path, SSL_CERT_FILE=str(certificate[0]), **turn)
    assert [line.split(":", 1)[0] + line.split(urls[n])[1][:14] for n, line in enumerate(turn_lines(examined.stdout))] == [
        "  ok       turn gives a relay",
        "  ok       turn gives a relay",
        "  MISSING  turn not reachable",
    ]
    assert examined.returncode == 1
    assert coturn.secret not in examined.stdout + examined.stderr
    assert "Traceback" not in examined.stderr


def turn_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if "  turn: " in line]
