"""A PgBouncer of the test's own: transaction mode, a unix socket, an ordinary user, gone with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.plugin import cluster

PORT = 6432
INI = """
[databases]
* = host={server} port=5432
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
unix_socket_mode = 0700
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
server_reset_query =
ignore_startup_parameters = extra_float_digits,options
logfile = {folder}/log
pidfile = {folder}/pid
"""


def program() -> str:
    """The program's path, or nothing where the Debian package pgbouncer is not installed."""
    return (
        os.environ.get("PGBOUNCER") or shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
    )


@contextmanager
def pooled(name: str) -> Iterator[Path]:
    """The folder of the socket of a pool before the test server's database `name`, for as long as the block lasts."""
    account = cluster.account
    folder = Path(tempfile.mkdtemp(prefix="gz-pool-"))
    # `auth_type = any` sends every client in as this role: the application's.
    text = INI.format(server=cluster.sockets, port=PORT, folder=folder)
    text = text.replace("* = ", f"{name} = user=gz_app ")
    (folder / "ini").write_text(text)
    as_account = cluster._as_account()
    if account is not None:
        for path in (folder, folder / "ini"):
            os.chown(path, account.pw_uid, account.pw_gid)
    as_account["env"] |= {"LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
    process = subprocess.Popen([program(), "-q", str(folder / "ini")], stdin=subprocess.DEVNULL, **as_account)
    try:
        _wait(process, folder, name)
        yield folder
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], folder: Path, name: str) -> None:
    for _try in range(100):
        if process.poll() is not None:
            raise RuntimeError(f"pgbouncer ended: {(folder / 'log').read_text() if (folder / 'log').exists() else ''}")
        try:
            psycopg.connect(f"postgresql://gz_app@/{name}?host={folder}&port={PORT}", prepare_threshold=None).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("pgbouncer does not answer")
