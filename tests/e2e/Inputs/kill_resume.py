#!/usr/bin/env python3
"""Kills a training run at random moments with SIGKILL, resumes it each time, and compares the end
with an uninterrupted run: parameters, optimizer state and log, bit for bit.

Usage: kill_resume.py DIR KILLS MODEL [compile options...]
"""

import os
import random
import signal
import subprocess
import sys
import time

from run import call, checkpoint_bytes, fail, prepare, read_log

STEPS = 120


def main(folder, kills, model, *options):
    path, options = prepare(folder, options)
    call("stator", "compile", model, "--mode", "train", *options, "-o", path("train"))
    run = [path("train"), "--data", path("text.txt"), "--val-fraction", "0.1", "--steps", str(STEPS),
           "--eval-every", "30", "--save-every", "7", "--seed", "5", "--quiet"]

    started = time.monotonic()
    call(*run, "--out", path("whole"), "--log", path("whole.jsonl"))
    duration = time.monotonic() - started

    random.seed(1)
    killed, resume = 0, []
    for attempt in range(int(kills) * 20):
        process = subprocess.Popen([*run, "--out", path("killed"), "--log", path("killed.jsonl"), *resume],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if killed < int(kills):
            time.sleep(random.uniform(0.0, duration / 2))
            process.send_signal(signal.SIGKILL)
        error = process.communicate()[1].decode()
        if os.path.lexists(path("killed", "latest")):
            resume = ["--resume", path("killed")]
        if process.returncode == 0:
            break
        if process.returncode != -signal.SIGKILL:
            fail(f"exit code {process.returncode} after {killed} kills: {error}")
        killed += 1
    else:
        fail(f"the run never ended, {killed} kills")
    print(f"killed {killed} times")
    if killed == 0:
        fail("the run ended before it could be killed")

    whole, resumed = checkpoint_bytes(path("whole")), checkpoint_bytes(path("killed"))
    if whole.keys() != resumed.keys():
        fail(f"files {sorted(whole)} and {sorted(resumed)}")
    for name, data in whole.items():
        if data != resumed[name]:
            fail(f"{name} differs from that of the uninterrupted run")
    keys = ("step", "loss", "lr", "grad_norm", "val_loss")
    logs = [[{k: e[k] for k in keys if k in e} for e in read_log(path(f))] for f in ("whole.jsonl", "killed.jsonl")]
    if logs[0] != logs[1]:
        fail("the logs differ")
    print("the same bits as the uninterrupted run")


if __name__ == "__main__":
    main(*sys.argv[1:])
