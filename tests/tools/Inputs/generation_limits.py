"""Compares the table of limits in the documents with the messages about values that are outside of them.

Usage: generation_limits.py generation.md bigram.stator
"""

import re
import subprocess
import sys


def refusal(model, *flags):
    run = subprocess.run(["stator", "interpret", model, "--mode", "infer", *flags], capture_output=True, text=True)
    assert run.returncode == 2, f"{flags}: exit code {run.returncode}\n{run.stderr}"
    return run.stderr


def main(document, model):
    rows = re.findall(r"^\| `--([\w-]+)` \| ([\d.]+) \| (.*?) ?\|$", open(document).read(), re.M)
    for flag, least, most in rows:
        limited = re.fullmatch(r"\d+", most)
        expected = f"from {least} to {most}" if limited else f"at least {least}"
        below = str(float(least) / 2 if "." in least else int(least) - 1)
        for value in [below] + ([str(int(most) + 1)] if limited else []):
            text = refusal(model, f"--{flag}={value}")
            assert re.search(rf"--{flag} {value}: expected an? \w+,? {re.escape(expected)}\n", text) or (
                flag == "logprobs" and f"--{flag} {value}: expected an integer from {least} to " in text), text
    size = int(re.search(r"--logprobs 9999: Bigram has (\d+) tokens", refusal(model, "--logprobs=9999"))[1])
    assert f"--logprobs {size + 1}: " in refusal(model, f"--logprobs={size + 1}")
    text = refusal(model, "--time=8", "--perplexity=x", "--stride=1", "--window=9")
    assert "--window 9: Bigram was compiled for 8 positions" in text, text
    text = refusal(model, "--time=8", "--perplexity=x", "--stride=7", "--window=6")
    assert "--stride 7 would leave tokens out: a window has 6" in text, text
    print(f"{len(rows)} flags have the documented limits")


if __name__ == "__main__":
    main(*sys.argv[1:])
