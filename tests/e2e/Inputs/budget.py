#!/usr/bin/env python3
"""Trains with and without a memory budget: every bit of checkpoint and log is the same, in less memory.

Usage: budget.py DIR SHARE[,SHARE...] MODEL [compile options...]

The budgets are those shares of what the program needs without one.
"""

import json
import sys

from run import call, checkpoint_bytes, fail, losses, prepare


def main(folder, shares, model, *options):
    path, options = prepare(folder, options)

    def train(name, *more):
        call("stator", "compile", model, *options, *more, "-o", path(name), "--json", path(name + ".json"))
        call(path(name), "--data", path("text.txt"), "--val-fraction", "0.1", "--steps", "6", "--seed", "5",
             "--threads", "2", "--out", path(name + "-out"), "--log", path(name + ".jsonl"))
        with open(path(name + ".json")) as file:
            needs = json.load(file)
        return needs, (checkpoint_bytes(path(name + "-out")), losses(path(name + ".jsonl")))

    free, expected = train("free")
    if "memory_budget" in free:
        fail("there is a memory budget that nobody asked for")
    for share in shares.split(","):
        budget = int(free["peak_bytes"] * float(share))
        needs, found = train("budget" + share, "--memory-budget", budget)
        if needs["peak_bytes"] > budget:
            fail(f"{needs['peak_bytes']} bytes with a budget of {budget}")
        if not needs["recomputed_values"] or not needs["recompute_flops"] > 0:
            fail("nothing was recomputed")
        if found != expected:
            fail(f"other bits with {share} of the memory")
        print(f"{share}: {needs['recomputed_values']} values recomputed, the same bits")


if __name__ == "__main__":
    main(*sys.argv[1:])
