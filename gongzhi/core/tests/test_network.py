"""Whose request it is, for limits; and where the platform is reached."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from gongzhi.core.network import address_of, bucket_of, site_address


def test_only_behind_our_own_proxy_is_its_header_believed(settings: Settings) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_REAL_IP="192.0.2.7")
    settings.BEHIND_PROXY = False
    assert address_of(request) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert address_of(request) == "192.0.2.7"


def test_a_bucket_does_not_tell_the_address_and_takes_a_whole_ipv6_network() -> None:
    assert "192.0.2.7" not in bucket_of("api", "192.0.2.7")
    assert bucket_of("api", "192.0.2.7") != bucket_of("api", "192.0.2.8")
    assert bucket_of("api", "2001:db8::1") == bucket_of("api", "2001:db8::ffff:1")
    assert bucket_of("api", "2001:db8::1") != bucket_of("api", "2001:db8:0:1::1")
    assert bucket_of("api", "::ffff:192.0.2.7") != bucket_of("api", "::ffff:192.0.2.8")
    assert bucket_of("api", "no address") != bucket_of("api", "")
    assert bucket_of("api", "192.0.2.7") != bucket_of("download", "192.0.2.7")


@pytest.mark.parametrize(
    ("hosts", "https", "address"),
    [
        (["gongzhi.example.org", "b.example"], True, "https://gongzhi.example.org"),
        (["*", "localhost"], False, "http://localhost"),
        ([".example.org"], True, "https://example.org"),
    ],
)
def test_the_site_is_reached_by_its_first_name(settings: Settings, hosts: list[str], https: bool, address: str) -> None:
    settings.ALLOWED_HOSTS, settings.HTTPS = hosts, https
    assert site_address() == address
