"""The bundled Postgres: made, shared, stopped and brought back, whoever starts it and whoever is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from config.errors import StartupError
from storage.embedded import EmbeddedPostgres
from storage.embedded.accounts import Account
from storage.embedded.warden import Log

PROJECT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30

IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
async def database(data_dir: Path) -> AsyncIterator[EmbeddedPostgres]:
    database = EmbeddedPostgres(data_dir)
    yield database
    await database.stop()


class User:
    """Another process that uses the database of `data_dir`."""

    def __init__(self, data_dir: Path, account: Account | None = None, home: Path = PROJECT) -> None:
        command = [sys.executable, "-m", "tests.storage.embedded_user", str(data_dir)]
        # The account may be unable to enter the folder of this interpreter; then it is let through, and nothing more.
        command = account.command(command) if account else command
        if account:
            command = ["sh", "-c", 'exec "$@"', "sh", *command]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.read_line()
        self.process.wait(DEADLINE_SECONDS)
        return line

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@pytest.fixture
def join(data_dir: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def join() -> User:
        users.append(User(data_dir))
        return users[-1]

    yield join
    for user in users:
        user.close()


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """The warden and the postmaster of one data folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "name"]):
        if str(data_dir / "postgres") in " ".join(process.info["cmdline"] or []):
            found.append(process)
    return found


def find_postmaster(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]))


async def until(condition: Callable[[], bool]) -> None:
    """Look again and again: what is waited for happens in processes that are not ours, and tell nobody."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_was_written_is_there_after_a_stop_and_a_second_start(data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    dsn = await database.start()
    assert await ask(dsn, "create table kept as select 7 as number") is None
    await database.stop()
    assert processes_of(data_dir) == []
    with pytest.raises(OSError):  # noqa: PT011 (which one depends on whether the socket's folder is gone)
        await asyncpg.connect(dsn)
    assert await ask(await database.start(), "select number from kept") == 7
    await database.stop()


async def test_first_start_takes_seconds_and_a_later_one_a_fraction(database: EmbeddedPostgres) -> None:
    began = time.monotonic()
    await database.start()
    first = time.monotonic() - began
    await database.stop()
    began = time.monotonic()
    await database.start()
    later = time.monotonic() - began
    assert first < 15
    assert later < 3
    assert later < first


async def test_event_loop_goes_on_while_the_database_starts_and_stops(database: EmbeddedPostgres) -> None:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - began)

    watcher = asyncio.create_task(watch())
    await database.start()
    await database.stop()
    watcher.cancel()
    assert longest < 0.25


async def test_settings_keep_what_is_committed_and_the_product_is_no_superuser(database: EmbeddedPostgres) -> None:
    dsn = await database.start()
    for name, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "jit": "off",
    }.items():
        assert await ask(dsn, f"select current_setting('{name}')") == value
    assert await ask(dsn, "select current_setting('server_version_num')::int / 10000") == 18
    assert await ask(dsn, "select rolsuper from pg_roles where rolname = current_user") is False
    assert await ask(dsn, "select '[1,2]'::vector <-> '[1,3]'::vector") == 1.0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(dsn, "select pg_read_file('/etc/passwd')")


async def test_personal_data_of_a_refused_row_stays_out_of_the_log(database: EmbeddedPostgres) -> None:
    dsn = await database.start()
    await ask(dsn, "create table people (email text unique)")
    connection = await asyncpg.connect(dsn)
    for _ in range(2):
        with contextlib.suppress(asyncpg.UniqueViolationError):
            await connection.execute("insert into people values ($1)", "someone@example.com")
    await connection.close()
    await until(lambda: "duplicate key" in database.log_path.read_text())
    assert "someone@example.com" not in database.log_path.read_text()


async def test_a_data_folder_with_a_very_long_path_works(tmp_path: Path) -> None:
    database = EmbeddedPostgres(tmp_path / ("deep" * 40) / "with a space" / ("deeper" * 30))
    dsn = await database.start()
    assert await ask(dsn, "select 1") == 1
    await database.stop()


@needs_root
async def test_as_root_a_folder_that_is_closed_to_everybody_else_works_and_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    database = EmbeddedPostgres(closed / "var")
    dsn = await database.start()
    assert await ask(dsn, "select 1") == 1
    assert find_postmaster(closed / "var").uids().real != 0
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "var" / "postgres").stat().st_mode & 0o777 == 0o700
    await database.stop()


@needs_root
def test_an_ordinary_user_can_start_it_and_root_can_go_on_with_the_same_folder(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder.is_relative_to(tmp_path.parents[1]):
            folder.chmod(0o755)
    data_dir = tmp_path / "theirs"
    data_dir.mkdir()
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    user = User(data_dir, Account(nobody.pw_uid, nobody.pw_gid), home=Path("/"))
    try:
        assert user.read_line().startswith("postgresql://")
        assert find_postmaster(data_dir).uids().real == nobody.pw_uid
        assert user.leave() == "stopped"
    finally:
        user.close()

    async def go_on() -> None:
        database = EmbeddedPostgres(data_dir)
        assert await ask(await database.start(), "select 1") == 1
        assert find_postmaster(data_dir).uids().real == nobody.pw_uid
        await database.stop()

    asyncio.run(go_on())
    again = User(data_dir, Account(nobody.pw_uid, nobody.pw_gid), home=Path("/"))
    try:
        assert again.read_line().startswith("postgresql://")
        assert again.leave() == "stopped"
    finally:
        again.close()


@needs_root
def test_an_ordinary_user_is_told_when_the_folder_belongs_to_somebody_else(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    user = User(closed / "var", Account(nobody.pw_uid, nobody.pw_gid), home=Path("/"))
    try:
        line = user.read_line()
    finally:
        user.close()
    assert line.startswith("refused: ")
    assert "--data-dir" in line


async def test_two_processes_share_one_database_which_stops_with_the_last(data_dir: Path, join: Callable[[], User]) -> None:
    first, second = join(), join()
    dsn = first.read_line()
    assert second.read_line() == dsn
    # What the postmaster has just forked is called as it is for a moment.
    await until(lambda: len([process for process in processes_of(data_dir) if process.info["name"] == "postgres"]) == 1)
    assert first.leave() == "stopped"
    assert await ask(dsn, "select 1") == 1
    assert second.leave() == "stopped"
    assert processes_of(data_dir) == []
    assert not os.path.exists(dsn.partition("host=")[2])  # noqa: ASYNC240


async def test_two_users_in_one_process_share_one_database(data_dir: Path) -> None:
    first, second = EmbeddedPostgres(data_dir), EmbeddedPostgres(data_dir)
    dsns = await asyncio.gather(first.start(), second.start())
    assert dsns[0] == dsns[1]
    await first.stop()
    assert await ask(dsns[1], "select 1") == 1
    await second.stop()
    assert processes_of(data_dir) == []


async def test_killing_one_user_neither_stops_the_database_under_the_other_nor_leaves_it_running(
    data_dir: Path, join: Callable[[], User]
) -> None:
    first, second = join(), join()
    dsn = first.read_line()
    second.read_line()
    first.kill()
    assert await ask(dsn, "select 1") == 1
    assert second.leave() == "stopped"
    assert processes_of(data_dir) == []


async def test_killing_the_only_user_stops_the_database_by_itself(data_dir: Path, join: Callable[[], User]) -> None:
    user = join()
    dsn = user.read_line()
    user.kill()
    await until(lambda: processes_of(data_dir) == [])
    again = join()
    assert await ask(again.read_line(), "select 1") == 1
    assert dsn
    assert again.leave() == "stopped"


async def test_committed_rows_survive_when_everything_is_killed_at_once(data_dir: Path, join: Callable[[], User]) -> None:
    user = join()
    dsn = user.read_line()
    await ask(dsn, "create table kept as select 7 as number")
    for process in processes_of(data_dir):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    user.kill()
    again = join()
    assert await ask(again.read_line(), "select number from kept") == 7
    assert again.leave() == "stopped"
    assert not os.path.exists(dsn.partition("host=")[2])  # noqa: ASYNC240


async def test_a_database_that_lost_its_warden_is_used_on_and_stopped_by_the_last_user(
    data_dir: Path, join: Callable[[], User]
) -> None:
    user = join()
    dsn = user.read_line()
    for process in processes_of(data_dir):
        if process.name() != "postgres":
            process.kill()
    user.kill()
    assert await ask(dsn, "select 1") == 1
    again = join()
    assert again.read_line() == dsn
    assert again.leave() == "stopped"
    assert processes_of(data_dir) == []
    assert not os.path.exists(dsn.partition("host=")[2])  # noqa: ASYNC240


async def test_a_killed_postmaster_is_started_again_under_its_users(data_dir: Path, database: EmbeddedPostgres) -> None:
    dsn = await database.start()
    killed = find_postmaster(data_dir)
    # Younger than a few seconds it would count as one that cannot start at all, and would not be tried again.
    await until(lambda: time.time() - killed.create_time() > 5.5)
    killed.kill()

    def is_replaced() -> bool:
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            lines = (data_dir / "postgres" / "data" / "postmaster.pid").read_text().splitlines()
            return find_postmaster(data_dir) != killed and lines[7].strip() == "ready"
        return False

    await until(is_replaced)
    assert await ask(dsn, "select 1") == 1


async def test_a_stale_status_file_that_names_a_stranger_does_not_stop_the_start(
    data_dir: Path, database: EmbeddedPostgres
) -> None:
    await database.start()
    status_file = data_dir / "postgres" / "data" / "postmaster.pid"
    text = status_file.read_text()
    await database.stop()
    # The number of a dead postmaster may belong to anybody by now: here to ourselves.
    status_file.write_text("\n".join([str(os.getpid()), *text.splitlines()[1:]]) + "\n")
    assert await ask(await database.start(), "select 1") == 1


async def test_a_first_start_that_was_killed_half_way_is_made_again(data_dir: Path, database: EmbeddedPostgres) -> None:
    half = data_dir / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert await ask(await database.start(), "select 1") == 1
    assert not half.exists()


async def test_a_start_that_is_cancelled_leaves_nothing_running(data_dir: Path, database: EmbeddedPostgres) -> None:
    await database.start()
    await database.stop()
    starting = asyncio.create_task(database.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await database.stop()
    await until(lambda: processes_of(data_dir) == [])


async def test_a_database_of_another_major_version_is_refused_by_name(data_dir: Path, database: EmbeddedPostgres) -> None:
    folder = data_dir / "postgres" / "data"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartupError, match="made by Postgres 16") as refused:
        await database.start()
    assert "SOULSEER_DATABASE__URL" in str(refused.value)
    assert (folder / "PG_VERSION").read_text() == "16\n"


async def test_a_folder_that_holds_something_else_is_left_alone(data_dir: Path, database: EmbeddedPostgres) -> None:
    folder = data_dir / "postgres" / "data"
    folder.mkdir(parents=True)
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(StartupError, match="holds no database"):
        await database.start()
    assert (folder / "letter.txt").read_text() == "mine"


async def test_a_data_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(StartupError, match="cannot be used"):
        await EmbeddedPostgres(tmp_path / "var").start()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    mounted: list[Path] = []

    def mount(megabytes: int) -> Path:
        place = tmp_path / f"disk-{megabytes}"
        place.mkdir()
        result = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(place)], capture_output=True, check=False
        )
        if result.returncode != 0:
            pytest.skip("this system does not let us mount a small disk")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


@needs_root
@pytest.mark.skipif(shutil.which("mount") is None, reason="no mount here")
async def test_a_full_disk_is_named_before_and_after_the_database_is_made(small_disk: Callable[[int], Path]) -> None:
    with pytest.raises(StartupError, match="MB left"):
        await EmbeddedPostgres(small_disk(20)).start()
    place = small_disk(200)
    database = EmbeddedPostgres(place)
    await database.start()
    await database.stop()
    with contextlib.suppress(OSError), (place / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(65536))
    with contextlib.suppress(OSError), (place / "filler").open("ab", buffering=0) as filler:
        while True:
            filler.write(bytes(16))
    with pytest.raises(StartupError, match=r"is full|No space left"):
        await database.start()
    (place / "filler").unlink()
    assert await ask(await database.start(), "select 1") == 1
    await database.stop()


def test_the_log_never_grows_past_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "postgres.log"
    log = Log(str(path), 10_000)
    for number in range(1_000):
        log.write(b"line %04d %s\n" % (number, b"x" * 90))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["postgres.log", "postgres.log.1"] or [file.name for file in files] == [
        "postgres.log.1"
    ]
    assert sum(file.stat().st_size for file in files) <= 20_200
    assert b"line 0999" in b"".join(file.read_bytes() for file in files)
