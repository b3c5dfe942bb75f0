"""Uploads: images by their content, within bounds, shown to whoever knows the address."""

from __future__ import annotations

import asyncio
import io
import itertools
import socket
import struct
import time
import zlib
from urllib.parse import urlparse
from uuid import UUID

import aiohttp
import pytest

from config import limits
from server.features.uploads.images import recognise_image
from tests.support.clients import ApiClient, Reply
from tests.support.servers import Server, StartServer


def png(width: int = 2, height: int = 3, *, padding: int = 0) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\x00" + b"\x10\x20\x30" * 2 for _ in range(3))))
    filler = chunk(b"tEXt", b"x" * padding) if padding else b""
    return b"\x89PNG\r\n\x1a\n" + header + filler + pixels + chunk(b"IEND", b"")


JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xff\xc2\x00\x11\x08\x00\x20\x00\x30\x03"
    + b"\x00" * 12
)
GIF = b"GIF89a" + struct.pack("<HH", 5, 6) + b"\x00\x00\x00;"
WEBP_LOSSY = b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 7, 8)
WEBP_LOSSLESS = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", (10 - 1) | (11 - 1) << 14)
WEBP_EXTENDED = b"RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00\x00\x00\x00\x00" + b"\x0b\x00\x00" + b"\x0c\x00\x00"


async def send(
    person: ApiClient, content: bytes, *, name: str = "file", filename: str = "a.png", type: str = "image/png"
) -> Reply:
    form = aiohttp.FormData()
    form.add_field(name, io.BytesIO(content), filename=filename, content_type=type)
    return await person.post("/uploads", data=form)


@pytest.mark.parametrize(
    ("content", "content_type", "size"),
    [
        (png(), "image/png", (2, 3)),
        (JPEG, "image/jpeg", (48, 32)),
        (GIF, "image/gif", (5, 6)),
        (WEBP_LOSSY, "image/webp", (7, 8)),
        (WEBP_LOSSLESS, "image/webp", (10, 11)),
        (WEBP_EXTENDED, "image/webp", (12, 13)),
    ],
)
async def test_an_image_is_what_its_content_says(
    metered: Server, content: bytes, content_type: str, size: tuple[int, int]
) -> None:
    person = await metered.register()
    reply = await send(person, content, filename="evil.html", type="text/html")
    assert reply.status == 201, reply.content
    assert (reply.body["content_type"], reply.body["width"], reply.body["height"]) == (content_type, *size)
    assert reply.body["url"] == f"/api/v1/uploads/{reply.body['id']}"
    shown = await (await metered.visitor()).request("GET", reply.body["url"], root=True)
    assert (shown.status, shown.content) == (200, content)
    assert shown.headers["Content-Type"] == content_type
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    again = await person.request("GET", reply.body["url"], root=True, headers={"If-None-Match": shown.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>alert(1)</script></html>",
        png()[:20],
        png(width=0),
        b"\xff\xd8\xff\xe0" + b"\x00" * 40,
        b"\xff\xd8" + b"\xff" * 200_000,
        b"GIF89a\x00",
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        b"RIFF\x00\x00\x00\x00WEBPVP8L",
        b"%PDF-1.7",
    ],
)
async def test_what_is_no_image_is_refused(metered: Server, content: bytes) -> None:
    person = await metered.register()
    reply = await send(person, content)
    assert (reply.status, reply.code) == (415, "upload.not_an_image")


def test_no_content_keeps_the_check_busy() -> None:
    started = time.process_time()
    for content in (b"\xff\xd8" + b"\xff" * limits.UPLOAD_BYTES, b"\xff\xd8\xff\x01" * (limits.UPLOAD_BYTES // 4)):
        assert recognise_image(content) is None
    assert time.process_time() - started < 0.1


async def test_an_image_with_too_many_pixels_is_refused(metered: Server) -> None:
    person = await metered.register()
    for width, height in ((30_000, 10), (10_000, 10_000)):
        reply = await send(person, png(width, height))
        assert (reply.status, reply.code) == (422, "upload.too_many_pixels")


async def test_five_mebibytes_fit_and_not_a_byte_more(metered: Server) -> None:
    person = await metered.register()
    room = limits.UPLOAD_BYTES - len(png(padding=1)) + 1
    assert (await send(person, png(padding=room))).status == 201
    assert (await send(person, png(padding=room + 1))).status == 413
    assert (await send(person, png(padding=room * 2))).status == 413


async def test_a_body_without_a_length_is_cut_off_as_well(metered: Server) -> None:
    person = await metered.register()

    async def endless() -> object:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(limits.UPLOAD_BYTES // 65_536 + 3):
            yield b"\x00" * 65_536

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await person.post("/uploads", data=endless(), headers=headers)).status == 413


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/mixed; boundary=b", b"--b--", 415),
        ("multipart/form-data", b"--b--", 400),
        ("multipart/form-data; boundary=b", b"", 400),
        ("multipart/form-data; boundary=b", b"nothing", 400),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken", 400),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--', 422),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nGIF89a', 400),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ny\r\n--b--',
            422,
        ),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--", 422),
        ("multipart/form-data; boundary=" + "b" * 200, b"--b--", 400),
    ],
)
async def test_a_malformed_body_is_refused_and_never_an_error_of_ours(
    metered: Server, content_type: str, body: bytes, status: int
) -> None:
    person = await metered.register()
    reply = await person.post("/uploads", data=body, headers={"Content-Type": content_type})
    assert reply.status == status, reply.content


async def test_a_connection_that_breaks_off_leaves_nothing(metered: Server) -> None:
    person = await metered.register()
    address = urlparse(metered.url)
    head = (
        f"POST /api/v1/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access_token}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    )
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(head.encode() + png())
        await asyncio.sleep(0)
    assert (await send(person, png())).status == 201
    async with metered.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM uploads WHERE owner_id = $1", UUID(person.id)) == 1


async def test_uploads_need_a_login_and_unknown_ones_are_not_found(metered: Server) -> None:
    visitor = await metered.visitor()
    assert (await send(visitor, png())).status == 401
    for upload_id in ("01890000-0000-7000-8000-000000000000", "nonsense", "..%2f..%2fetc"):
        assert (await visitor.get(f"/uploads/{upload_id}")).status == 404


async def test_a_day_has_a_bounded_number_of_uploads(metered: Server) -> None:
    person = await metered.register()
    async with metered.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO uploads SELECT gen_random_uuid(), $1, 'image/png', 1, 1, 1, gen_random_uuid()::text, $2"
            " FROM generate_series(1, $3)",
            UUID(person.id),
            metered.clock.now(),
            limits.UPLOADS_PER_DAY,
        )
    reply = await send(person, png())
    assert (reply.status, reply.code) == (429, "limit.rate")
    assert int(reply.headers["Retry-After"]) > 0


async def test_an_avatar_is_one_of_the_own_uploads(metered: Server) -> None:
    person, other = await metered.register(), await metered.register()
    mine, theirs = (await send(person, png())).body, (await send(other, png())).body
    reply = await person.post("/me/avatar", {"upload_id": mine["id"]})
    assert (reply.status, reply.body["avatar_url"]) == (200, mine["url"])
    for foreign in (theirs["id"], "01890000-0000-7000-8000-000000000000", "x", 5):
        refused = await person.post("/me/avatar", {"upload_id": foreign})
        assert (refused.status, refused.body["fields"][0]["path"]) == (422, "upload_id")
    assert (await person.get("/me")).body["avatar_url"] == mine["url"]
    assert (await person.post("/me/avatar", {"upload_id": None})).body["avatar_url"] is None
    assert (await person.post("/me/avatar", {})).status == 422


async def test_addresses_of_uploads_are_random(metered: Server) -> None:
    person = await metered.register()
    ids = [UUID((await send(person, png())).body["id"]) for _ in range(3)]
    assert all(upload_id.version == 7 for upload_id in ids)
    assert len({upload_id.int & (2**62 - 1) for upload_id in ids}) == 3
    # Neighbours differ in about half of their free bits: nothing counts up.
    assert min(bin((a.int ^ b.int) & (2**62 - 1)).count("1") for a, b in itertools.pairwise(ids)) > 10


async def test_a_file_store_that_fails_leaves_no_row(start_server: StartServer) -> None:
    server = await start_server()
    person = await server.register()
    kept = (await send(person, png())).body
    files = server.settings.data_dir / "files"
    files.rename(files.with_name("away"))
    files.write_text("a file where the folder was")
    reply = await send(person, png())
    assert (reply.status, reply.code, reply.body["retryable"]) == (503, "server.dependency_unavailable", True)
    async with server.database.connection() as db:
        assert await db.fetch_value("SELECT count(*) FROM uploads") == 1
    assert (await person.request("GET", kept["url"], root=True)).status in (404, 503)
    files.unlink()
    files.with_name("away").rename(files)
    assert (await person.request("GET", kept["url"], root=True)).content == png()
    assert (await send(person, png())).status == 201
