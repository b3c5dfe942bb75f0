"""A server that is killed between taking a card payment and hearing of it: nothing is lost and nothing is credited twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.server.server_process import ServerProcess, until_nothing_is_left
from tests.support.clients import ApiClient


async def balance_of(client: ApiClient) -> int:
    return int((await client.get("/wallet")).body["balance_minor"])


async def test_a_payment_made_just_before_a_kill_is_credited_once_after_the_restart(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    servers = [ServerProcess(data_dir)]
    try:
        await servers[0].ready()
        async with ApiClient(servers[0].url) as client:
            await client.register("ada@example.com", "correct horse battery", role="client", display_name="Ada")
            body = {"amount_minor": 2500, "payment_method": "pm_card_visa"}
            started = await client.post("/wallet/top-ups", body, key="once")
            await servers[0].kill()
            assert started.status == 201
            await until_nothing_is_left(data_dir)

            servers.append(ServerProcess(data_dir, port=servers[0].port))
            await servers[1].ready()
            repeated = await client.post("/wallet/top-ups", body, key="once")
            assert repeated.body == started.body
            async with asyncio.timeout(40):
                while True:  # as a page asks
                    if await balance_of(client) != 0:
                        break
                    await asyncio.sleep(0.2)
            assert await balance_of(client) == 2500
            lines = (await client.get("/wallet/transfers")).body["items"]
            assert [line["amount_minor"] for line in lines] == [2500]
        await servers[1].stop()
        await until_nothing_is_left(data_dir)
    finally:
        for server in servers:
            server.close()
