"""Run the product for development: `make run`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from time import sleep

from development.environment import use_own_servers
from development.ports import WEB, PortTaken, port_of
from development.processes import (
    DISPATCHER_COMMAND,
    WEB_COMMAND,
    WORKER_COMMAND,
    ProcessError,
    Processes,
)
from development.servers import ServerError


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    os.environ["LUMBAR_MODE"] = "development"
    try:
        port = port_of("PORT", WEB, taken=())
        os.environ["PORT"] = str(port)
        use_own_servers("development")
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True)
        with Processes(None, os.environ) as processes:
            processes.start("web", *WEB_COMMAND, "--reload")
            processes.start("worker", *WORKER_COMMAND)
            processes.start("dispatcher", *DISPATCHER_COMMAND)
            processes.wait_for(f"http://127.0.0.1:{port}/readyz", of="web")
            print(f"\nLumbar runs at http://localhost:{port}/ (Ctrl-C stops it)\n")  # noqa: T201 - a command speaks
            while True:
                processes.check()
                sleep(0.5)
    except (PortTaken, ProcessError, ServerError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")  # noqa: T201 - a command speaks


if __name__ == "__main__":
    main()
