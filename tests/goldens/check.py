#!/usr/bin/env python3
"""Trains a case of cases.py with Stator and compares losses and gradients with PyTorch's.

Usage: check.py CASE DIR [KERNELS [PRECISION]]. Without KERNELS the model is compiled; with `eager` or `reference`
it is interpreted. DIR is for what the run writes. Exits with 1 and says what differs.
"""

import json
import os
import subprocess
import sys

import numpy as np

import cases

LOSS_TOLERANCE = 1e-5  # relative; f32 against f64
GRADIENT_TOLERANCE = 1e-4


def main(name, folder, *kernels):
    case = cases.CASES[name]
    os.makedirs(folder, exist_ok=True)
    path = lambda file: os.path.join(folder, file)
    cases.write_safetensors(path("weights.safetensors"), cases.make_parameters(case))
    cases.make_tokens(case).astype("<u2").tofile(path("tokens.bin"))

    o = cases.OPTIMIZER
    defines = dict(case["defines"], lr=o["lr"], min_lr=o["lr"], warmup=0, beta1=o["beta1"], beta2=o["beta2"],
                   weight_decay=o["weight_decay"], clip=o["clip"])
    model = os.path.join(os.path.dirname(__file__), "..", "..", "models", case["model"])
    options = [model, "--mode", "train", "--batch", str(case["batch"]), "--time", str(case["time"]),
               "--gradients"]
    for key, value in defines.items():
        options += ["-D", f"{key}={value}"]
    run = ["--data", path("tokens.bin"), "--steps", str(case["steps"]), "--seed", str(cases.SEED),
           "--init-from", path("weights.safetensors"), "--log", path("log.jsonl"), "--out", path("out"),
           "--overwrite"]
    if kernels:
        command = ["stator", "interpret", *options, "--kernels", kernels[0]]
        if len(kernels) > 1:
            command += ["--precision", kernels[1]]
    else:
        subprocess.run(["stator", "compile", *options, "-o", path("train")], check=True,
                       stdout=subprocess.DEVNULL)
        command = [path("train")]
    subprocess.run(command + run, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(command + run + ["--dump-gradients", path("gradients.safetensors")], check=True,
                   stdout=subprocess.DEVNULL)

    with open(cases.golden_path(name)) as file:
        golden = json.load(file)
    wrong = []
    with open(path("log.jsonl")) as file:
        log = [json.loads(line) for line in file]
    steps = [line for line in log if "loss" in line]
    if len(steps) != case["steps"]:
        wrong.append(f"{len(steps)} losses in the log, expected {case['steps']}")
    for key, expected in (("loss", golden["losses"]), ("grad_norm", golden["grad_norms"])):
        for step, (line, e) in enumerate(zip(steps, expected)):
            if not abs(line[key] - e) <= LOSS_TOLERANCE * abs(e) * (10 if key == "grad_norm" else 1):
                wrong.append(f"step {step}: {key} {line[key]:.8f}, PyTorch {e:.8f}")
    found = cases.read_safetensors(path("gradients.safetensors"))
    for parameter, g in golden["gradients"].items():
        if parameter not in found:
            wrong.append(f"no gradient of {parameter}")
            continue
        values = found[parameter].astype(np.float64).reshape(-1)
        norm = np.linalg.norm(values)
        expected = np.array(g["elements"])
        error = np.abs(values[cases.sample_indices(values.size)] - expected).max()
        scale = g["norm"] / np.sqrt(values.size)
        if not abs(norm - g["norm"]) <= GRADIENT_TOLERANCE * g["norm"]:
            wrong.append(f"{parameter}: gradient norm {norm:.8g}, PyTorch {g['norm']:.8g}")
        if not error <= GRADIENT_TOLERANCE * max(scale, np.abs(expected).max()):
            wrong.append(f"{parameter}: an element is off by {error:.3g} (scale {scale:.3g})")
    for line in wrong:
        print(f"{name}: {line}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{name}: {case['steps']} losses and {len(golden['gradients'])} gradients agree")


if __name__ == "__main__":
    main(*sys.argv[1:])
