"""The OpenAPI document is complete and true: Schemathesis calls everything in it, as every role, with good and bad data."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import jsonschema
import pytest

from server.http.openapi import describe_api
from server.routes import ALL_ROUTES
from tests.support.servers import Server, StartServer

# How each role is tried: everything as a client; as the others what is theirs, and the rest more lightly.
PLANS = {
    "stranger": ("--phases", "fuzzing", "--max-examples", "3"),
    "client": ("--phases", "examples,coverage,fuzzing", "--max-examples", "5"),
    "reader": ("--phases", "coverage,fuzzing", "--max-examples", "8", "--include-path-regex", "/me/|/readers"),
    "admin": ("--phases", "coverage,fuzzing", "--max-examples", "8", "--include-path-regex", "/admin/"),
}
# Ends the very login that it calls with.
ENDS_THE_LOGIN = ("/api/v1/auth/logout", "/api/v1/me/logins/{login_id}", "/api/v1/me/password")
# Schemas cannot say which tokens, cursors and time zones exist.
EXCLUDED_CHECKS = "positive_data_acceptance"


async def test_the_document_is_served_and_lists_every_route(server: Server) -> None:
    document = (await (await server.visitor()).get("/api/openapi.json", root=True)).body
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.full_path) for route in ALL_ROUTES if not route.path.startswith("/dev/")}


def test_every_operation_has_its_own_id_a_summary_and_documented_errors() -> None:
    document = describe_api(ALL_ROUTES, title="Test", version="1")
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    known = {error["code"] for error in document["x-error-codes"]}
    for operation in operations:
        assert operation["summary"]
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                codes = response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
                assert set(codes) <= known


def test_every_schema_in_the_document_is_one() -> None:
    document = describe_api(ALL_ROUTES, title="Test", version="1")
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


async def test_the_page_of_the_documents_needs_no_script_and_no_other_host(server: Server) -> None:
    visitor = await server.visitor()
    page = await visitor.get("/api/docs", root=True)
    assert page.status == 200
    text = page.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert "https://" not in text
    assert "POST" in text
    assert (await visitor.get("/api/docs.css", root=True)).status == 200


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", PLANS)
async def test_nothing_in_the_document_gets_a_500_or_an_answer_that_it_does_not_describe(
    role: str, start_server: StartServer, tmp_path: Path
) -> None:
    server = await start_server(payments=True)
    arguments = []
    if role != "stranger":
        person = await (server.make_admin() if role == "admin" else server.register(role))
        arguments += ["--header", f"Authorization: Bearer {person.access_token}"]
        for path in ENDS_THE_LOGIN:
            arguments += ["--exclude-path", path]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{server.url}/api/openapi.json",
        *arguments,
        *PLANS[role],
        *("--exclude-checks", EXCLUDED_CHECKS),
        *("--seed", "1", "--no-shrink", "--continue-on-failure", "--warnings", "off"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _nothing = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-8000:]
