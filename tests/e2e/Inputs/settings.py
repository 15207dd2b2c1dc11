#!/usr/bin/env python3
"""Numbers of the optimizer that are set when the program starts give the same bits as those that the
program is compiled with: compiled, by the reference and by the eager interpreter, and across a stop.

Usage: settings.py DIR MODEL
"""

import json
import os
import sys

from run import call, fail, prepare, read_log, read_safetensors

STEPS = 12
# As -D, and as flags. The compiled numbers are far from all of them.
SETTINGS = {"lr": 0.05, "floor": 0.002, "decay": 0.3, "limit": 0.2, "end": 9}
FLAGS = ["--lr", "0.05", "--min-lr", "0.002", "--weight-decay", "0.3", "--clip", "0.2", "--schedule-steps", "9"]


def state(folder):
    """The bytes of all tensors after the last step."""
    out = {}
    for name in ("model", "state"):
        out.update(read_safetensors(os.path.join(folder, "latest", name + ".safetensors")))
    return {name: tensor.tobytes() for name, tensor in out.items()}


def rows(folder):
    return [(entry["loss"], entry["lr"], entry["grad_norm"]) for entry in read_log(os.path.join(folder, "log.jsonl"))]


def main(folder, model):
    path, _ = prepare(folder, [])
    run = ["--data", path("text.txt"), "--steps", str(STEPS), "--quiet", "--save-every", "5"]
    for kind, end in (("adamw", 0), ("adamw", 30), ("sgd", 0), ("adam", 0)):
        defines = ["-D", f"kind={kind}", "-D", f"end={end}"]
        wanted = ["-D", f"kind={kind}", *(f"-D{name}={value}" for name, value in SETTINGS.items())]
        call("stator", "compile", model, "--mode", "train", *defines, "-o", path("set"))
        call("stator", "compile", model, "--mode", "train", *wanted, "-o", path("compiled"))
        programs = {
            "compiled": ([path("set")], [path("compiled")]),
            **{kernels: (["stator", "interpret", model, "--mode", "train", "--kernels", kernels, *defines],
                         ["stator", "interpret", model, "--mode", "train", "--kernels", kernels, *wanted])
               for kernels in ("reference", "eager")}}
        for name, (by_flags, as_compiled) in programs.items():
            call(*as_compiled, *run, "--out", path("a"), "--overwrite")
            call(*by_flags, *run, *FLAGS, "--out", path("b"), "--overwrite")
            if rows(path("a")) != rows(path("b")):
                fail(f"{kind} {name}: the logs differ: {rows(path('a'))} and {rows(path('b'))}")
            if state(path("a")) != state(path("b")):
                fail(f"{kind} {name}: the states differ")
            call(*by_flags, *run, "--out", path("c"), "--overwrite")
            if state(path("a")) == state(path("c")):
                fail(f"{kind} {name}: the flags change nothing")
            if name == "compiled":
                continue
            # No clipping at all is a setting too.
            call(*as_compiled, "-D", "limit=0", *run, "--out", path("a"), "--overwrite")
            call(*by_flags, *run, *FLAGS[:6], "--clip", "0", "--schedule-steps", "9", "--out", path("b"), "--overwrite")
            if state(path("a")) != state(path("b")):
                fail(f"{kind} {name}: the states differ without clipping")

    # A stop in between, after which the flags need not be given again.
    call(path("set"), *run, *FLAGS, "--out", path("whole"))
    call(path("set"), *run, *FLAGS, "--out", path("parts"))
    call(path("set"), "--resume", path("parts", "step-00000010"), "--quiet")
    if state(path("whole")) != state(path("parts")):
        fail("the resumed run differs")
    with open(path("parts", "latest", "run.json")) as file:
        record = json.load(file)
    if record["training"]["lr"] != 0.05 or record["from_flags"]["clip"] != 0.2 or record["changes"]:
        fail(f"the record is {record}")

    # Another program is refused, with what differs, until that is asked for.
    text = call(path("compiled"), "--resume", path("parts"), "--weight-decay", "0.25", expect=1)
    if "weight_decay: 0.3 in the run, 0.25 now" not in text or "lr:" in text:
        fail(text)
    call("stator", "compile", model, "--mode", "train", "-D", "kind=sgd", "-o", path("other"))
    text = call(path("other"), "--resume", path("whole"), expect=1)
    for line in ("optimizer: adam in the run, sgd now", "beta1: 0.9 in the run, none now",
                 "momentum: none in the run, 0.9 now", "hint: to go on with the new ones from step 12 on, give "
                 "--change-settings"):
        if line not in text:
            fail(text)
    text = call(path("set"), "--resume", path("parts"), "--weight-decay", "0.25", "--change-settings", "--steps", "15")
    for line in ("weight_decay is 0.25 from step 12 on, it was 0.3", "steps is 15 from step 12 on, it was 12"):
        if line not in text:
            fail(text)
    print("the same bits, however the settings are given")


if __name__ == "__main__":
    main(*sys.argv[1:])
