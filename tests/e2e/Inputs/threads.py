#!/usr/bin/env python3
"""Trains with 1, 2 and 4 threads: every bit of checkpoint and log is the same.

Usage: threads.py DIR MODEL [compile options...]
"""

import sys

from run import call, checkpoint_bytes, fail, losses, prepare


def main(folder, model, *options):
    path, options = prepare(folder, options)
    call("stator", "compile", model, "--mode", "train", *options, "-o", path("train"))
    results = {}
    for threads in (1, 2, 4):
        out, log = path(f"out{threads}"), path(f"log{threads}.jsonl")
        call(path("train"), "--data", path("text.txt"), "--val-fraction", "0.1", "--steps", "12", "--threads",
             threads, "--out", out, "--log", log)
        results[threads] = (checkpoint_bytes(out), losses(log))
    for threads in (2, 4):
        if results[threads] != results[1]:
            fail(f"{threads} threads give other bits than one")
    print(f"{len(results[1][0])} files and {len(results[1][1])} losses are the same for 1, 2 and 4 threads")


if __name__ == "__main__":
    main(*sys.argv[1:])
