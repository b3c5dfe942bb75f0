"""The browser app: hashed assets that never change, and one page for every address that is not an interface."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from config.errors import NotFound

_NOT_PAGES = ("/api/", "/dev/", "/assets/", "/socket.io/", "/healthz", "/readyz", "/metrics", "/uploads/")
# At the root, because it may look after no more than the folder it lies in.
SERVICE_WORKER = "service_worker.js"
_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Not built yet</title>
<h1>The pages are not built yet</h1><p>Run <code>make setup</code> and start the server again. The interface works already:
<a href="/api/docs">/api/docs</a>.</p></html>"""


class Pages:
    """Serves the built app from `folder` (static/dist). aiohttp's file response picks the precompressed .br and .gz files,
    answers ranges and ETags.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mount(self, app: web.Application) -> None:
        app.router.add_get("/assets/{name:.+}", self._get_asset)

    def find_page(self, request: web.Request) -> web.StreamResponse | None:
        """The app's page, or a file at the root such as favicon.svg or in gifts/; None where an interface would be."""
        if request.method not in ("GET", "HEAD") or (request.path + "/").startswith(_NOT_PAGES) or request.path in _NOT_PAGES:
            return None
        name = request.path.lstrip("/")
        is_file = "." in name and "/" not in name.removeprefix("gifts/")
        file = self._find_file(name) if is_file else None
        if file is not None:
            # A browser asks for its service worker's script again and again, to find a newer one.
            lasts = "no-cache" if name == SERVICE_WORKER else "public, max-age=3600"
            return web.FileResponse(file, headers={"Cache-Control": lasts})
        if "." in name.rpartition("/")[2]:
            return None
        index = self._folder / "index.html"
        if not index.is_file():
            return web.Response(status=503, text=_MISSING, content_type="text/html", headers={"Retry-After": "60"})
        return web.FileResponse(index, headers={"Cache-Control": "no-cache"})

    async def _get_asset(self, request: web.Request) -> web.StreamResponse:
        file = self._find_file("assets/" + request.match_info["name"])
        if file is None:
            raise NotFound
        return web.FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    def _find_file(self, name: str) -> Path | None:
        if "\x00" in name or len(name) > 1024:
            return None
        file = (self._folder / name).resolve()
        is_inside = file.is_relative_to(self._folder.resolve())
        return file if is_inside and file.is_file() and file.suffix not in (".br", ".gz") else None
