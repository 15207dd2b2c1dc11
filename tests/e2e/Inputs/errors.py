#!/usr/bin/env python3
"""Wrong input of every kind to compiler and programs: the right message, a non-zero exit, no crash,
and nothing left behind.

Usage: errors.py DIR MODELS
"""

import os
import shutil
import struct
import subprocess
import sys

from run import call, fail, write_text


def main(folder, models):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    vocabulary = write_text("ok.txt")
    model = os.path.join(models, "char_gpt.stator")
    small = ["-D", f"vocab={vocabulary}", "-D", "context=16", "-D", "layers=1", "-D", "width=32"]
    call("stator", "compile", model, "--mode", "train", *small, "-o", "train", "--quiet")
    call("stator", "compile", model, "--mode", "infer", *small, "-o", "infer", "--quiet")
    call("stator", "compile", model, "--mode", "infer", *small, "-D", "width=64", "-o", "wider", "--quiet")
    call("stator", "compile", os.path.join(models, "bigram.stator"), "--mode", "infer", "-D", f"vocab={vocabulary}",
         "-o", "other", "--quiet")
    call("./train", "--data", "ok.txt", "--steps", "3", "--out", "out", "--quiet")

    weights = open("out/latest/model.safetensors", "rb").read()
    (length,) = struct.unpack("<Q", weights[:8])
    header, data = weights[8:8 + length], weights[8 + length:]
    broken = {
        "truncated": weights[:len(weights) // 2],
        "header-cut": weights[:8 + length // 2],
        "five-bytes": weights[:5],
        "not-json": weights[:8] + b"!" * length + data,
        "huge-header": struct.pack("<Q", 1 << 62) + weights[8:],
        "half-typed": weights[:8] + header.replace(b'"F32"', b'"I64"', 1) + data,
        "text": b"once upon a time",
        "nothing": b"",
    }
    for name, content in broken.items():
        with open(name + ".safetensors", "wb") as file:
            file.write(content)
    open("empty.txt", "w").close()
    with open("short.txt", "w") as file:
        file.write("the cat")
    with open("letters.txt", "w") as file:
        file.write("".join(map(chr, range(33, 33 + 3 * vocabulary))) * 40)
    with open("binary.txt", "wb") as file:
        file.write(bytes(range(256)) * 20)
    with open("odd.bin", "wb") as file:
        file.write(b"\0" * 1001)
    with open("large.bin", "wb") as file:
        file.write(struct.pack("<H", 60000) * 1000)
    with open("syntax.stator", "w") as file:
        file.write("model {\n")
    os.mkdir("folder")
    before = sorted(os.listdir("."))

    train, infer = ["./train", "--out", "new", "--quiet", "--steps", "2"], ["./infer", "--tokens", "3"]
    compile = ["stator", "compile", model, "-o", "new"]
    cases = [
        # data
        (["./train"], "--data FILE is needed"),
        (train + ["--data", "missing.txt"], "cannot read"),
        (train + ["--data", "folder"], "directory"),
        (train + ["--data", "empty.txt"], "empty"),
        (train + ["--data", "short.txt"], "fewer than one sample"),
        (train + ["--data", "letters.txt"], "-D vocab="),
        (train + ["--data", "binary.txt"], "not valid UTF-8"),
        (train + ["--data", "odd.bin"], "odd.bin"),
        (train + ["--data", "large.bin"], "60000"),
        (train + ["--data", "ok.txt", "--val", "missing.txt"], "cannot read"),
        (train + ["--data", "ok.txt", "--val", "empty.txt"], "empty"),
        # flags
        (train + ["--data", "ok.txt", "--stepps", "3"], "did you mean --steps"),
        (["./train", "--out", "new", "--data", "ok.txt", "--steps", "-3"], "--steps -3: expected"),
        (train + ["--data", "ok.txt", "--threads", "0"], "--threads 0: expected"),
        (train + ["--data", "ok.txt", "--val-fraction", "1"], "--val-fraction 1: expected"),
        (train + ["--data", "ok.txt", "--seed", "many"], "--seed many: expected"),
        # output
        (["./train", "--data", "ok.txt", "--out", "/dev/null/out"], "cannot create"),
        (["./train", "--data", "ok.txt", "--out", "ok.txt"], "ok.txt"),
        (train + ["--data", "ok.txt", "--log", "nowhere/log.jsonl"], "nowhere"),
        # checkpoints and weights
        (["./train", "--resume", "nowhere"], "nowhere"),
        (["./train", "--resume", "folder"], "folder"),
        (train + ["--data", "ok.txt", "--init-from", "nowhere.safetensors"], "nowhere.safetensors"),
        (infer + ["--weights", "nowhere"], "nowhere"),
        (infer + ["--weights", "folder"], "folder"),
        (["./wider", "--weights", "out"], "of another shape"),
        (["./wider", "--weights", "out"], "compile this one with -D width=32\n"),
        (["./other", "--weights", "out"], "missing in the file"),
        # generation
        (infer + ["--weights", "out", "--prompt", "the \u2603"], "\u2603"),
        (infer + ["--weights", "out", "--prompt-ids", "1,9999"], "9999"),
        (infer + ["--weights", "out", "--prompt", "the cat sat on the mat"],
         "train the model with a longer context (-D context=22), as these weights (wpe.weight) know only 16 positions"),
        (infer + ["--weights", "out", "--temperature", "-1"], "--temperature -1: expected"),
        (infer + ["--weights", "out", "--top-p", "2"], "--top-p 2: expected"),
        (infer + ["--weights", "out", "--top-k", "-4"], "--top-k -4: expected"),
        (["./infer", "--weights", "out", "--perplexity", "missing.txt"], "cannot read"),
        # the compiler
        (["stator"], "usage"),
        (["stator", "compil"], "compile"),
        (["stator", "compile"], "no model file"),
        (["stator", "compile", "missing.stator"], "cannot read"),
        (["stator", "compile", "folder"], "cannot read"),
        (["stator", "compile", "syntax.stator", "-o", "new"], "syntax.stator:1:7: error"),
        (["stator", "compile", "binary.txt", "-o", "new"], "binary.txt:1:"),
        (compile + ["-D", "widht=64"], "did you mean 'width'"),
        (compile + ["-D", "width"], "-D width"),
        (compile + ["-D", "width=wide"], "-D width=wide"),
        (compile + ["-D", "width=0"], "at least 1"),
        (compile + ["-D", "width=100000000"], "too large"),
        (compile + ["-D", "layers=-1"], "-1"),
        (compile + ["-D", "heads=3"], "does not divide"),
        (compile + ["--batch", "0"], "--batch 0: expected"),
        (compile + ["--time", "100000000000"], "--time 100000000000: expected"),
        (compile + ["--time", "65"], "64 rows"),
        (compile + ["--cpu", "z80"], "unknown CPU"),
        (["stator", "compile", model, "-o", "nowhere/new"], "nowhere"),
        (["stator", "compile", model, "-o", "folder"], "folder"),
        (compile + ["--mode", "play"], "--mode play: expected"),
        (["stator", "ir", model, "--after", "never"], "stages:"),
        (["stator", "interpret", model, "--kernels", "fast"], "--kernels fast: expected"),
    ]
    cases += [(infer + ["--weights", name + ".safetensors"], name + ".safetensors") for name in broken]
    for command, expected in cases:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=120)
        error = done.stderr.decode(errors="replace")
        shown = f"{' '.join(command)}\n{done.stdout.decode(errors='replace')}{error}"
        if done.returncode not in (1, 2):
            fail(f"exit code {done.returncode}: {shown}")
        if expected not in error + done.stdout.decode(errors="replace"):
            fail(f"the message lacks '{expected}': {shown}")
        for word in ("Assertion", "Stack dump", "terminate called", "Sanitizer", "runtime error", "LLVM ERROR"):
            if word in error:
                fail(f"'{word}' in the message: {shown}")
        after = [name for name in sorted(os.listdir(".")) if name != "new" or os.listdir("new") != [".lock"]]
        if after != before:
            fail(f"left behind {sorted(set(after) ^ set(before))}: {shown}")
        shutil.rmtree("new", ignore_errors=True)
    print(f"{len(cases)} wrong inputs refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
