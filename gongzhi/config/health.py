"""Is the platform up? For load balancers and for the person who is woken at night."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from gongzhi.core import heartbeat
from gongzhi.core.door import no_transaction


@no_transaction
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database and worker are up, else 503. Says which, and nothing else about the machine."""
    database = worker = False
    try:
        worker = heartbeat.alive("worker")
        database = True
    except DatabaseError:
        pass
    healthy = database and worker
    answer = {"web": True, "database": database, "worker": worker, "version": settings.VERSION}
    return JsonResponse(answer, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})
