#!/usr/bin/env python3
"""The peak resident memory of a program is what the compiler said: within 2 %, not counting what any
process needs, and never less than the state and the arena that a step touches.

Usage: memory.py DIR MODEL [compile options...]
"""

import json
import os
import shutil
import subprocess
import sys

from run import call, fail, write_text

# Room for what no plan knows of: code, libraries, stacks of the threads, the text.
PROCESS = 24 << 20
SHARE = 0.02


def main(folder, model, *options):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)
    write_text(path("text.txt"))
    call("stator", "compile", model, "--mode", "train", *options, "-o", path("train"), "--json", path("needs.json"))
    with open(path("needs.json")) as file:
        printed = json.load(file)["peak_bytes"]
    command = [path("train"), "--data", path("text.txt"), "--format", "bytes", "--steps", "2", "--threads", "2",
               "--out", path("out"), "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        fail(f"ended with status {status}: {' '.join(command)}")
    found = usage.ru_maxrss * 1024
    if not printed * (1 - SHARE) <= found <= printed * (1 + SHARE) + PROCESS:
        fail(f"{found} bytes were resident, the compiler said {printed}")
    print(f"resident {found / 2**20:.1f} MiB, printed {printed / 2**20:.1f} MiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
