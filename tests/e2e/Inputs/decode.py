#!/usr/bin/env python3
"""A program that decodes step by step writes what one writes that computes everything anew, with the same
probabilities, alone and in a batch.

Usage: decode.py DIR MODEL [compile options...]
"""

import json
import os
import sys

from run import call, fail, write_text

TOLERANCE = 1e-4
PROMPTS = ["t", "the cat sat on a mat. dogs ran home.", "dogs ran"]


def main(folder, model, *options):
    os.makedirs(folder, exist_ok=True)
    path = lambda *parts: os.path.join(folder, *parts)
    vocabulary = write_text(path("text.txt"))
    options = [model, *options, "-D", f"vocab={vocabulary}", "--quiet"]
    call("stator", "compile", *options, "--batch", "4", "--time", "24", "-o", path("train"))
    call(path("train"), "--data", path("text.txt"), "--steps", "20", "--out", path("out"), "--quiet")
    infer = [*options, "--mode", "infer", "--time", "48"]
    call("stator", "compile", *infer, "-o", path("decoded"))
    call("stator", "compile", *infer, "--batch", "3", "-o", path("batch"))
    call("stator", "compile", *infer, "--disable", "decoding", "-o", path("anew"))

    def texts(program, *flags):
        prompts = [flag for prompt in PROMPTS for flag in ("--prompt", prompt)]
        lines = call(path(program), "--weights", path("out"), *prompts, "--tokens", "12", "--logprobs", *flags)
        return [sample for line in lines.splitlines() for sample in json.loads(line)["samples"]]

    for flags in (["--temperature", "0"], ["--seed", "7", "--samples", "2", "--top-p", "0.9", "--repeat-penalty", "1.1"]):
        expected = texts("anew", *flags)
        for program in ("decoded", "batch"):
            for a, b in zip(texts(program, *flags), expected, strict=True):
                if a["ids"] != b["ids"]:
                    fail(f"{program}: {a['text']!r}, anew {b['text']!r}")
                worst = max(abs(x["logprob"] - y["logprob"]) for x, y in zip(a["tokens"], b["tokens"]))
                if not worst <= TOLERANCE:
                    fail(f"{program}: log-probabilities differ by {worst}")
    measured = {program: json.loads(call(path(program), "--weights", path("out"), "--perplexity", path("text.txt"),
                                         "--stride", "20", "--json")) for program in ("decoded", "batch", "anew")}
    for program, found in measured.items():
        if found["tokens"] != 5999 or abs(found["loss"] - measured["anew"]["loss"]) > TOLERANCE:
            fail(f"{program}: {found}, anew {measured['anew']}")
    if "any length" in call(path("decoded"), "--version"):
        # Nothing bounds the text, so it goes on beyond what was compiled for.
        call(path("decoded"), "--weights", path("out"), "--tokens", "200")
    print("the same texts")


if __name__ == "__main__":
    main(*sys.argv[1:])
