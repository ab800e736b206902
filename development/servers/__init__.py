"""PostgreSQL and Valkey from wheels, for development, the demo and the tests."""

from __future__ import annotations

from development.servers.cluster import Cluster
from development.servers.home import ServerError

__all__ = ["Cluster", "ServerError"]
