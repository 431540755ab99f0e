"""Runs one command and ends it as soon as the process that asked for it is gone.

    python guard.py SIGINT command argument ...

The caller holds the other end of our standard input. The kernel closes that end however the caller ends, kill -9
included, so end of file means "stop": the command gets the named signal, and SIGKILL if it has not ended GRACE seconds
later. Should the guard itself be killed, Linux sends the signal in its place (prctl(2), PR_SET_PDEATHSIG); macOS has no
such call.

Prints the command's process id on one line; the command's own output all goes to our standard error. Exits as the
command did. Needs the standard library alone, so that it starts in
15 ms with `python -I -S`.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

GRACE = 5.0
PR_SET_PDEATHSIG = 1


def main() -> int:
    stop_signal = signal.Signals[sys.argv[1]]
    # The parent-death signal is tied to the thread that forks: this one, which outlives the other. preexec_fn is unsafe
    # only where there are threads already.
    command = subprocess.Popen(
        sys.argv[2:],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=lambda: ask_to_die_with_parent(stop_signal),
    )
    os.write(1, f"{command.pid}\n".encode())
    os.close(1)
    threading.Thread(target=stop_at_end_of_input, args=(command, stop_signal), daemon=True).start()
    code = command.wait()
    return code if code >= 0 else 128 - code


def stop_at_end_of_input(command: "subprocess.Popen[bytes]", stop_signal: signal.Signals) -> None:
    while os.read(0, 1024):
        pass
    command.send_signal(stop_signal)
    try:
        command.wait(GRACE)
    except subprocess.TimeoutExpired:
        command.kill()


def ask_to_die_with_parent(stop_signal: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main())
