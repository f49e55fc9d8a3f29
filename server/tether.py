"""Run a command that ends when its parent does: `python tether.py PARENT_PID COMMAND...`.

A server that is killed cannot stop its helpers, and a helper left behind would hold the data folder.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from types import FrameType

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        become(parent, command)
    sys.exit(accompany(parent, command))


def become(parent: int, command: list[str]) -> None:
    """Turn into the command; the kernel ends it with its parent."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before the kernel knew
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - our own command


def accompany(parent: int, command: list[str]) -> int:
    """Stay beside the command, pass on the signal to stop, and end it when the parent is gone."""
    child = subprocess.Popen(command)  # noqa: S603 - our own command

    def stop(_signal: int, _frame: FrameType | None) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    while child.poll() is None:
        if os.getppid() != parent:
            child.terminate()
        time.sleep(_POLL_S)
    return child.returncode


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
