"""SSRF protection: which addresses may be called when somebody else chooses the URL.

Checked twice: the URL when it is stored, and the address when connecting, so that a name that
resolves to a private address later is refused too.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

from notifications.channels.base import Outage, PermanentFailure, UnusableAddress

MAX_URL = 2000

#: Not private by definition, but they contain an IPv4 address or lead to another network.
_WRAPPED = tuple(
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)
#: Reserved for protocols and relays; some versions of Python call parts of them global.
_SPECIAL = tuple(ipaddress.ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str) -> None:
    """Raise `UnusableAddress` unless this is an https URL that may be public."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise UnusableAddress("url_malformed")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise UnusableAddress("url_malformed") from None
    if parts.scheme != "https" or not parts.hostname:
        raise UnusableAddress("url_not_https")
    if "@" in parts.netloc or "#" in url or "\\" in url:
        raise UnusableAddress("url_malformed")
    if port not in settings.WEBHOOK_PORTS:
        raise UnusableAddress("url_port")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return  # a name: what it means is asked when it is called
    if not is_allowed(literal):
        raise UnusableAddress("url_private")


def resolve_public_address(host: str, port: int) -> str:
    """Resolve once and return the address to call.

    One private address among them refuses all. Raises `PermanentFailure` or `Outage`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Outage("name_unknown") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not is_allowed(ipaddress.ip_address(address.partition("%")[0])):
            raise PermanentFailure("address_private", is_address_refused=True)
    return addresses[0]


def is_allowed(address: Address) -> bool:
    if any(address in network for network in settings.WEBHOOK_PRIVATE_NETWORKS):
        return True
    if any(address in network for network in _WRAPPED + _SPECIAL):
        return False
    return address.is_global and not address.is_multicast
