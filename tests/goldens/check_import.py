#!/usr/bin/env python3
"""Imports the tiny checkpoints of families.py and compares what their models say is likely with the
goldens, interpreted and compiled.

Usage: check_import.py DIR CASE... Exits with 1 and says what differs.
"""

import json
import os
import subprocess
import sys

import numpy as np

import families

TOLERANCE = 5e-5  # of log-probabilities: f32 against f64


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode}: {' '.join(map(str, command))}\n{done.stdout.decode()}")
    return done.stdout.decode()


def log_probabilities(output):
    """All log-probabilities of the token after the prompt, by id."""
    tops = json.loads(output.splitlines()[-1])["samples"][0]["tokens"][0]["top"]
    result = np.full(families.VOCAB, np.nan)
    for each in tops:
        result[each["id"]] = each["logprob"]
    return result


def compare(name, how, found, expected):
    error = np.abs(found - expected).max()
    if not error <= TOLERANCE:
        sys.exit(f"{name}, {how}: a log-probability is off by {error:.3g}")


def programs(model, folder, interpreted_only=False):
    """The model interpreted with exact kernels, and compiled."""
    options = ["--mode", "infer", "--time", families.CONTEXT]
    yield "interpreted", ["stator", "interpret", model, *options, "--kernels", "reference"]
    if interpreted_only:
        return
    program = os.path.join(folder, "infer")
    run("stator", "compile", model, *options, "-o", program)
    yield "compiled", [program]


def check(name, folder, golden, how, interpreted_only=False):
    for kind, program in programs(os.path.join(folder, "model.stator"), folder, interpreted_only):
        for i, prompt in enumerate(families.PROMPTS):
            output = run(*program, "--weights", folder, "--prompt-ids", ",".join(map(str, prompt)), "--tokens", 1,
                         "--temperature", 0, "--ignore-eos", "--logprobs", families.VOCAB, "--json")
            compare(name, f"{how}, {kind}, prompt of {len(prompt)}", log_probabilities(output), golden[i])


def main(folder, *names):
    with open(families.GOLDEN) as file:
        golden = json.load(file)
    for name in names:
        source, target = (os.path.join(folder, part + "-" + name) for part in ("hf", "stator"))
        families.write_folder(name, source)
        run("stator", "import", source, "-o", target)
        check(name, target, np.array(golden[name]), "f32")
        print(f"{name}: agrees")


if __name__ == "__main__":
    main(*sys.argv[1:])
