"""The API's documents: made once at the start, served as JSON, and as a page that needs no script and no other host."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from config.settings import Settings
from server.http.asyncapi import describe_live
from server.http.openapi import describe_api
from server.http.routes import Route
from server.live_catalogue import COMMANDS, EVENTS
from server.version import VERSION

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid #8886; border-radius: 6px; }
summary { cursor: pointer; padding: 0.25rem 0; }
summary b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
"""


def mount(app: web.Application, routes: Sequence[Route], settings: Settings) -> None:
    document = describe_api(routes, title=settings.server.name, version=VERSION)
    as_json = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    page = render_page(document)

    live = describe_live(COMMANDS, EVENTS, title=settings.server.name, version=VERSION)
    live_as_json = orjson.dumps(live, option=orjson.OPT_INDENT_2)

    async def get_live_document(_request: web.Request) -> web.Response:
        return web.Response(body=live_as_json, content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def get_document(_request: web.Request) -> web.Response:
        return web.Response(body=as_json, content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def get_page(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-cache"})

    async def get_style(_request: web.Request) -> web.Response:
        return web.Response(text=_STYLE, content_type="text/css", headers={"Cache-Control": "no-cache"})

    app.router.add_get("/api/openapi.json", get_document)
    app.router.add_get("/api/asyncapi.json", get_live_document)
    app.router.add_get("/api/docs", get_page)
    app.router.add_get("/api/docs.css", get_style)


def render_page(document: dict[str, Any]) -> str:
    info = document["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<title>{_text(info["title"])}</title><link rel="stylesheet" href="/api/docs.css"></head><body>',
        f"<h1>{_text(info['title'])} <small>{_text(info['version'])}</small></h1><p>{_text(info['description'])}</p>",
        '<p>For machines: <a href="/api/openapi.json">openapi.json</a>, <a href="/api/asyncapi.json">asyncapi.json</a>.</p>',
    ]
    for tag in document["tags"]:
        parts.append(f"<h2>{_text(tag['name'])}</h2>")
        for path, operations in document["paths"].items():
            parts += [
                _render_operation(path, method, operation)
                for method, operation in operations.items()
                if tag["name"] in operation["tags"]
            ]
    parts.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f'<details id="{_text(name)}"><summary>{_text(name)}</summary>{_render_json(schema)}</details>')
    parts.append("<h2>Error codes</h2><table><tr><th>Code</th><th>Status</th><th>Means</th><th>Try again</th></tr>")
    parts += [
        f"<tr><td><code>{_text(error['code'])}</code></td><td>{error['status']}</td><td>{_text(error['title'])}</td>"
        f"<td>{'yes' if error['retryable'] else ''}</td></tr>"
        for error in document["x-error-codes"]
    ]
    return "".join([*parts, "</table></body></html>"])


def _render_operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parts = [
        f"<details><summary><b>{method.upper()}</b> <code>{_text(path)}</code> {_text(operation['summary'])}</summary>",
        f"<p>{_text(operation.get('description', ''))}</p>",
    ]
    if operation["parameters"]:
        parts.append("<h3>Parameters</h3><table>")
        parts += [
            f"<tr><td><code>{_text(p['name'])}</code></td><td>{_text(p['in'])}{', required' if p['required'] else ''}</td>"
            f"<td><code>{_text(orjson.dumps(p['schema']).decode())}</code></td></tr>"
            for p in operation["parameters"]
        ]
        parts.append("</table>")
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h3>Body ({_text(media_type)})</h3>{_render_schema(content['schema'])}")
    parts.append("<h3>Answers</h3><table>")
    for status, response in operation["responses"].items():
        schemas = [content["schema"] for content in response.get("content", {}).values() if "$ref" in content["schema"]]
        shown = "".join(_render_schema(schema) for schema in schemas)
        parts.append(f"<tr><td>{status}</td><td>{_text(response['description'])} {shown}</td></tr>")
    return "".join([*parts, "</table></details>"])


def _render_schema(schema: dict[str, Any]) -> str:
    name = schema.get("$ref", "").rpartition("/")[2]
    return f'<a href="#{_text(name)}">{_text(name)}</a>' if name else _render_json(schema)


def _render_json(value: Any) -> str:
    return f"<pre>{_text(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _text(value: str) -> str:
    return html.escape(value)
