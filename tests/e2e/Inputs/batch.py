#!/usr/bin/env python3
"""Texts of a program that writes several at a time are those of one that writes one: ids and, to the last digit,
log-probabilities.

Usage: batch.py ONE SEVERAL PROMPT...
"""

import json
import sys

from run import call, fail

FLAGS = ["--tokens", "40", "--samples", "2", "--seed", "5", "--logprobs"]


def texts(program, prompts):
    flags = [flag for prompt in prompts for flag in ("--prompt", prompt)]
    lines = [json.loads(line) for line in call(program, *flags, *FLAGS).splitlines()]
    return [line["samples"] for line in lines]


def main(one, several, *prompts):
    alone = [texts(one, [prompt])[0] for prompt in prompts]
    for order in (list(prompts), list(reversed(prompts))):
        expected = [alone[prompts.index(prompt)] for prompt in order]
        if texts(one, order) != expected:
            fail("texts depend on those before them")
        found = texts(several, order)
        for prompt, a, b in zip(order, expected, found):
            for i, (x, y) in enumerate(zip(a, b)):
                if x["ids"] != y["ids"]:
                    fail(f"{prompt!r}, sample {i}: {x['text']!r} alone, {y['text']!r} in a batch")
        # Beside others, a text is the same to the bit.
        if found != [texts(several, [prompt])[0] for prompt in order]:
            fail("a text depends on those beside it")
    print("the same texts")


if __name__ == "__main__":
    main(*sys.argv[1:])
