"""PostgreSQL and Valkey out of wheels, for development, the demo and the tests.

Production names its servers by DATABASE_URL and BROKER_URL and never comes here.
"""

from __future__ import annotations

from development.servers.cluster import Cluster
from development.servers.home import ServerError

__all__ = ["Cluster", "ServerError"]
