"""PostgreSQL and Valkey out of wheels, for development, the demo and the tests.

Production names its servers by DATABASE_URL and BROKER_URL and never comes here.
"""

from __future__ import annotations

from backend.servers.cluster import Cluster
from backend.servers.home import ServerError

__all__ = ["Cluster", "ServerError"]
