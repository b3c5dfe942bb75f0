"""`doctor` asks each Janus for a room, and gives it back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from realtime.media.engines.janus_probe import probe_janus
from tests.livestreams.janus.conftest import StartJanus
from tests.server.test_commands import run
from tests.support.coturn import free_port
from tests.support.janus import ADMIN_KEY, API_SECRET, Janus, janus_settings


async def test_doctor_says_of_each_janus_what_came_of_it_and_prints_no_secret(janus: Janus, tmp_path: Path) -> None:
    nobody = f"ws://127.0.0.1:{free_port()}"
    settings = {
        "SOULSEER_LIVESTREAMS__ENGINE": "janus",
        "SOULSEER_LIVESTREAMS__JANUS_URLS": f"{janus.url},{nobody}",
        "SOULSEER_LIVESTREAMS__JANUS_API_SECRET": API_SECRET,
        "SOULSEER_LIVESTREAMS__JANUS_ADMIN_KEY": ADMIN_KEY,
    }
    examined = await asyncio.to_thread(run, "doctor", folder=tmp_path, **settings)
    assert examined.returncode == 1
    lines = [line for line in examined.stdout.splitlines() if "livestreams:" in line]
    assert f"ok       livestreams: {janus.url} gives rooms, version 1." in lines[0]
    assert f"MISSING  livestreams: {nobody} not reachable: nothing listens there" in lines[1]
    printed = examined.stdout + examined.stderr
    assert API_SECRET not in printed
    assert ADMIN_KEY not in printed


async def test_one_that_does_not_answer_is_given_up(janus: Janus) -> None:
    janus.freeze()
    (finding,) = await probe_janus(janus_settings(janus), seconds=1.0)
    assert not finding.is_well
    assert "no answer" in finding.text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("full_trickle", "true"), "full_trickle"),
        (("admin_key", '""'), "admin_key"),
        (("api_secret", '""'), "api_secret"),
    ],
)
async def test_what_is_set_badly_is_named(start_janus: StartJanus, change: tuple[str, str], named: str) -> None:
    (finding,) = await probe_janus(janus_settings(await start_janus(change)))
    assert not finding.is_well
    assert named in finding.text


async def test_what_can_be_lived_with_is_said(start_janus: StartJanus) -> None:
    (finding,) = await probe_janus(janus_settings(await start_janus(("reclaim_session_timeout", "0"))))
    assert finding.is_well
    assert "reclaim_session_timeout" in finding.text
