"""The web server: gunicorn with threads."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication

from gongzhi.config import lifeline as lifelines


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, configured here instead of by a file."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn: our settings instead of a command line."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called by gunicorn in each worker: the application."""
        from gongzhi.config.wsgi import application

        return application


def serve(bind: list[str], *, workers: int, lifeline: int | None = None) -> int:
    """Serve until SIGTERM. Slow clients hold a thread, not a process; a worker is renewed after many requests."""
    lifelines.hold(lifeline)
    WebServer(
        {
            "bind": bind,
            "workers": workers,
            "worker_class": "gthread",
            "threads": 8,
            "timeout": 60,
            "graceful_timeout": 20,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "preload_app": True,  # one copy of the code in memory, shared by the workers
            "control_socket_disable": True,
            "limit_request_line": 8190,
            "loglevel": "warning",
            "proc_name": "gongzhi-web",
        }
    ).run()
    return 0
