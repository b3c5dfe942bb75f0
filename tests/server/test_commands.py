"""The commands of the command line, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from config.errors import error_classes
from tests.server.server_process import PROJECT, environment
from tests.support.postgres import TestPostgres
from tests.support.servers import PASSWORD, StartServer


def run(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments, "--data-dir", str(folder / "var")]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment(**settings), check=False
    )


@pytest.fixture
def settings(dsn: str) -> dict[str, str]:
    return {"SOULSEER_DATABASE__URL": dsn}


async def test_an_admin_made_by_command_can_log_in_and_gets_a_new_password_the_same_way(
    dsn: str, tmp_path: Path, settings: dict[str, str], start_server: StartServer
) -> None:
    server = await start_server(dsn=dsn)
    visitor = await server.visitor()
    for password in (PASSWORD, "a second good password"):
        made = run("create-admin", "--email", "Boss@Example.com", "--password", password, folder=tmp_path, **settings)
        assert made.returncode == 0, made.stderr
        reply = await visitor.log_in("boss@example.com", password)
        assert reply.body["user"]["role"] == "admin"
        assert "consultations.watch" in reply.body["user"]["permissions"]
    assert (await visitor.log_in("boss@example.com", PASSWORD)).status == 401


@pytest.mark.parametrize(
    ("email", "password", "expected"),
    [
        ("boss", PASSWORD, "--email must be an e-mail address"),
        ("boss@example.com", "short", "--password must have at least 10 characters"),
    ],
)
def test_an_admin_needs_an_address_and_a_good_password(tmp_path: Path, email: str, password: str, expected: str) -> None:
    refused = run("create-admin", "--email", email, "--password", password, folder=tmp_path)
    assert refused.returncode == 1
    assert expected in refused.stderr
    assert "Traceback" not in refused.stderr


async def test_somebody_elses_address_cannot_become_an_admins(
    dsn: str, tmp_path: Path, settings: dict[str, str], start_server: StartServer
) -> None:
    person = await (await start_server(dsn=dsn)).register()
    refused = run("create-admin", "--email", person.email, "--password", PASSWORD, folder=tmp_path, **settings)
    assert refused.returncode == 1
    assert (await person.get("/me")).body["role"] == "client"


async def test_migrate_fills_an_empty_database_and_may_be_repeated(postgres: TestPostgres, tmp_path: Path) -> None:
    async with postgres.database(migrated=False) as dsn:
        for _ in range(2):
            migrated = run("migrate", folder=tmp_path, SOULSEER_DATABASE__URL=dsn)
            assert migrated.returncode == 0, migrated.stderr
        checked = run("ledger", "check", folder=tmp_path, SOULSEER_DATABASE__URL=dsn)
        assert (checked.returncode, checked.stdout.strip()) == (0, "the ledger adds up")


def test_doctor_names_every_setting_with_its_source_and_hides_secrets(tmp_path: Path, settings: dict[str, str]) -> None:
    (tmp_path / ".env").write_text("SOULSEER_BILLING__FREE_SECONDS=7\n")
    secret = "sk_test_do_not_show"
    examined = run("doctor", folder=tmp_path, SOULSEER_STRIPE__API_KEY=secret, SOULSEER_LIMITS__FAILED_LOGINS="4", **settings)
    assert "SOULSEER_BILLING__FREE_SECONDS = 7.0  (.env)" in examined.stdout
    assert "SOULSEER_LIMITS__FAILED_LOGINS = 4  (environment)" in examined.stdout
    assert "SOULSEER_BILLING__MINUTE_SECONDS = 60  (default)" in examined.stdout
    assert "SOULSEER_STRIPE__API_KEY = [hidden]  (environment)" in examined.stdout
    assert secret not in examined.stdout
    assert settings["SOULSEER_DATABASE__URL"] not in examined.stdout
    assert "database: by its URL, reachable" in examined.stdout
    assert "MISSING  payments: SOULSEER_STRIPE__WEBHOOK_SECRET is missing" in examined.stdout
    assert examined.returncode == 1


def test_doctor_says_what_cannot_be_reached(tmp_path: Path) -> None:
    examined = run(
        "doctor",
        folder=tmp_path,
        SOULSEER_DATABASE__URL="postgresql://nobody@127.0.0.1:9/none",
        SOULSEER_REDIS__URL="redis://127.0.0.1:9",
        SOULSEER_MAIL__SMTP_URL="smtp://127.0.0.1:9",
    )
    for part in ("database", "redis", "mail"):
        assert f"MISSING  {part}" in examined.stdout
    assert "Traceback" not in examined.stderr


def test_schema_prints_one_document_with_every_model_and_error_code(tmp_path: Path) -> None:
    printed = run("schema", folder=tmp_path)
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(document)
    models = document["$defs"]
    assert {"User", "LoggedIn", "ProblemDetails", "ConsultationView", "MessageSentEvent", "WalletChangedEvent"} <= set(models)
    assert set(models["ErrorCode"]["enum"]) <= {error.code for error in error_classes()} | {"internal"}
    assert "wallet.balance_too_low" in models["ErrorCode"]["enum"]


async def test_a_worker_sends_the_letters_that_a_server_owes(
    dsn: str, tmp_path: Path, settings: dict[str, str], start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.jobs.JobQueue.run", _do_nothing)
    server = await start_server(dsn=dsn, data_dir=tmp_path / "var")
    person = await server.register()
    arguments = ("-m", "server", "worker", "--data-dir", str(tmp_path / "var"))
    worker = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=PROJECT, env=environment(**settings))
    try:
        letter = await server.next_letter(person.email, seconds=60)
    finally:
        worker.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(worker.wait(), 30)
    assert code == 0
    assert letter["to"] == person.email


async def _do_nothing(_queue: object) -> None:
    return None
