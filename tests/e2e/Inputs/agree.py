#!/usr/bin/env python3
"""Compiled, `reference` in f64 and `eager` training of one model: losses and first gradients agree.

Usage: agree.py DIR STEPS DATA MODEL [compile options...]
DATA is a file, or `text` for a small text made here (its vocabulary is given as -D vocab, unless a
larger one is).
"""

import os
import sys

import numpy as np

from run import call, fail, losses, read_safetensors, write_text

LOSS_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-4


def main(folder, steps, data, model, *options):
    os.makedirs(folder, exist_ok=True)
    path = lambda *parts: os.path.join(folder, *parts)
    options = list(options)
    if data == "text":
        data = path("text.txt")
        vocabulary = write_text(data)
        if not any(option.startswith("vocab=") for option in options):
            options += ["-D", f"vocab={vocabulary}"]
    compile_options = [model, "--mode", "train", "--gradients", *options]
    call("stator", "compile", *compile_options, "-o", path("train"))
    kinds = {
        "compiled": [path("train")],
        "reference": ["stator", "interpret", *compile_options, "--kernels", "reference", "--precision", "f64"],
        "eager": ["stator", "interpret", *compile_options, "--kernels", "eager"],
    }
    found, gradients = {}, {}
    for kind, command in kinds.items():
        log = path(kind + ".jsonl")
        run = ["--data", data, "--seed", "11", "--out", path(kind + ".out"), "--overwrite"]
        call(*command, *run, "--steps", steps, "--log", log)
        found[kind] = losses(log)
        call(*command, *run, "--dump-gradients", path(kind + ".safetensors"))
        gradients[kind] = read_safetensors(path(kind + ".safetensors"))
    for kind in ("compiled", "eager"):
        if len(found[kind]) != int(steps) or len(found["reference"]) != int(steps):
            fail(f"{len(found[kind])} and {len(found['reference'])} losses in the logs, expected {steps}")
        worst = max(abs(a - b) for a, b in zip(found[kind], found["reference"]))
        if not worst <= LOSS_TOLERANCE:
            fail(f"{kind}: losses {found[kind]} differ from the reference's {found['reference']}")
        if gradients[kind].keys() != gradients["reference"].keys():
            fail(f"{kind}: gradients of {sorted(gradients[kind])}")
        for name, expected in gradients["reference"].items():
            e = expected.astype(np.float64)
            error = np.linalg.norm(gradients[kind][name] - e)
            if not error <= GRADIENT_TOLERANCE * max(np.linalg.norm(e), 1e-12):
                fail(f"{kind}: gradient of {name} is off by {error / max(np.linalg.norm(e), 1e-12):.3g} relative")
        print(f"{kind}: losses within {worst:.2g} of the reference")


if __name__ == "__main__":
    main(*sys.argv[1:])
