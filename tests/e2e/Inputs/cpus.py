#!/usr/bin/env python3
"""Compiles one model for several CPUs and trains: the losses are those of the reference in f64.

Usage: cpus.py DIR MODEL [compile options...]
CPUs whose instructions this machine does not have are left out; x86-64 and x86-64-v3 run on any of
the last ten years.
"""

import platform
import sys

from run import call, fail, losses, prepare

STEPS = 12
TOLERANCE = 1e-4
# Names of LLVM, and the flags of /proc/cpuinfo that they need.
CPUS = {"x86-64": [], "x86-64-v3": ["avx2", "fma", "bmi2"], "x86-64-v4": ["avx512f", "avx512vl", "avx512dq"]}


def usable():
    if platform.machine() != "x86_64":
        return []
    with open("/proc/cpuinfo") as file:
        flags = next((line.split() for line in file if line.startswith("flags")), [])
    return [cpu for cpu, needed in CPUS.items() if all(flag in flags for flag in needed)]


def main(folder, model, *options):
    path, options = prepare(folder, options)
    options = [model, "--mode", "train", *options]

    def train(name, *command):
        log = path(name + ".jsonl")
        call(*command, "--data", path("text.txt"), "--seed", "5", "--steps", STEPS, "--out", path(name + ".out"),
             "--log", log)
        found = losses(log)
        if len(found) != STEPS:
            fail(f"{name}: {len(found)} losses in the log, expected {STEPS}")
        return found

    expected = train("reference", "stator", "interpret", *options, "--kernels", "reference", "--precision", "f64")
    for cpu in ["native", *usable()]:
        call("stator", "compile", *options, "--cpu", cpu, "-o", path(cpu))
        found = train(cpu + ".log", path(cpu))
        worst = max(abs(a - b) for a, b in zip(found, expected))
        if not worst <= TOLERANCE:
            fail(f"{cpu}: losses {found} differ from the reference's {expected}")
        print(f"{cpu}: {STEPS} losses within {worst:.2g} of the reference")


if __name__ == "__main__":
    main(*sys.argv[1:])
