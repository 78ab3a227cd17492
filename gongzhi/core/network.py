"""Where a request comes from, as far as limits need to know, and where the platform itself is reached."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from gongzhi.core.crypto import blind_index


def address_of(request: HttpRequest) -> str:
    """The network address of who asks; behind our own proxy the one it wrote."""
    if settings.BEHIND_PROXY:
        return request.headers.get("X-Real-IP", "") or request.META.get("REMOTE_ADDR", "")
    return str(request.META.get("REMOTE_ADDR", ""))


def bucket_of(limit: str, address: str) -> str:
    """The name under which `core.throttle` counts an address against a limit; it does not tell the address.

    Who holds one IPv6 address holds its whole /64, so that is what counts.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return f"{limit}:{blind_index('throttle.address', address).hex()}"
    if found.version == 6 and found.ipv4_mapped is None:
        found = ipaddress.ip_network((found, 64), strict=False).network_address
    return f"{limit}:{blind_index('throttle.address', str(found)).hex()}"


def site_address() -> str:
    """Where people reach the platform, for what is made without a request: the first name of GONGZHI_HOSTS."""
    host = next((name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"), "localhost")
    return f"{'https' if settings.HTTPS else 'http'}://{host}"
