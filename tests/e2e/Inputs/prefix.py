#!/usr/bin/env python3
"""A model with a prefix goes on from texts that have it, and refuses others.

Usage: prefix.py DIR MODEL
"""

import json
import sys

from run import call, fail, prepare

PREFIX, TIME = 8, 32


def main(folder, model):
    path, options = prepare(folder, [model])
    call("stator", "compile", *options, "--batch", "4", "--time", TIME, "--quiet", "-o", path("train"))
    call(path("train"), "--data", path("text.txt"), "--steps", "5", "--out", path("out"), "--quiet")
    infer = [*options, "--mode", "infer", "--time", TIME]
    call("stator", "compile", *infer, "--quiet", "-o", path("infer"))
    for start in ([path("infer")], ["stator", "interpret", *infer]):
        program = [*start, "--weights", path("out")]

        def refuse(code, expected, *flags):
            text = call(*program, *flags, expect=code)
            if expected not in text:
                fail(f"{program[0]}: expected {expected!r}, found {text!r}")

        short = " tokens, but Translator is given the first 8 together (its config value prefix)\n" \
                "hint: give it at least as many to go on from\n"
        refuse(1, "error: the prompt has 7" + short, "--prompt", "the cat")
        refuse(1, "error: prompt 2 has 3" + short, "--prompt", "the cat sat", "--prompt", "the")
        refuse(2, "--slide: it would forget the beginning of the text", "--prompt", "the cat sat", "--slide")
        # What is beyond the context would move the prefix.
        refuse(4, f"the context of Translator holds {TIME} tokens\nhint: ",
               "--prompt", "the cat ", "--tokens", "100")

        text = call(*program, "--prompt", "the cat ", "--tokens", "24", "--temperature", "0", "--json")
        sample = json.loads(text)["samples"][0]
        if len(sample["ids"]) != TIME - PREFIX:
            fail(f"{program[0]}: {text}")
    print("the prefix is asked for")


if __name__ == "__main__":
    main(*sys.argv[1:])
