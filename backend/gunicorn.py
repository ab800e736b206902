"""The web server: `gunicorn --config python:backend.gunicorn backend.wsgi`."""

from __future__ import annotations

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
worker_class = "gthread"
preload_app = False  # the database pool must open after the fork, in each worker
timeout = 30  # seconds; a statement may take 5
graceful_timeout = 20
keepalive = 5
control_socket_disable = True  # all servers of an account would share one file
limit_request_line = 4094
limit_request_fields = 60
accesslog = None  # it logs whole paths; backend.middleware logs routes
errorlog = "-"
