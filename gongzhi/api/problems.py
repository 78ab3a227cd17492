"""Errors as RFC 9457 describes them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse


def problem(status: int, code: str, title: str, **more: Any) -> HttpResponse:
    """An error as application/problem+json; `code` is stable, `title` is for people."""
    body = {"type": f"urn:gongzhi:problem:{code}", "status": status, "code": code, "title": title, **more}
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )
