"""Background work of broadcasts."""

from __future__ import annotations

from gongzhi.core.actor import Actor
from gongzhi.core.jobs import job
from gongzhi.loudspeaker import speech


@job("loudspeaker.forget_speech", cron="37 19 * * *")
def forget_speech(*, actor: Actor) -> None:
    """Every night: remove spoken texts nobody asked for in a month."""
    speech.forget()
