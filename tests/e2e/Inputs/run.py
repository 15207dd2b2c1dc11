"""Helpers of the end-to-end tests: compile, train, read what came out."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
from cases import read_safetensors  # noqa: E402,F401


def call(*command, expect=0, **options):
    """Runs a command and gives its output; anything but the expected exit code ends the test."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    text = done.stdout.decode(errors="replace")
    if done.returncode != expect:
        fail(f"exit code {done.returncode}, expected {expect}: {' '.join(map(str, command))}\n{text}")
    return text


def fail(message):
    print(f"FAILED: {message}", file=sys.stderr)
    sys.exit(1)


def read_log(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def losses(path):
    return [entry["loss"] for entry in read_log(path) if "loss" in entry]


def write_text(path, characters=6000, seed=3):
    """A text with structure to learn: words of a small alphabet, drawn by a linear congruence."""
    words = ["the ", "cat ", "sat ", "on ", "a ", "mat. ", "dogs ", "ran ", "home.\n"]
    out, state = [], seed
    while sum(map(len, out)) < characters:
        state = (state * 1103515245 + 12345) % 2**31
        out.append(words[(state >> 16) % len(words)])
    text = "".join(out)[:characters]
    with open(path, "w") as file:
        file.write(text)
    return len(set(text))


def prepare(folder, options):
    """Makes a folder with text.txt in it and nothing else. Gives what names files in it, and the
    options with the vocabulary of the text unless they say one."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    path = lambda *parts: os.path.join(folder, *parts)
    vocabulary = write_text(path("text.txt"))
    if not any(option.startswith("vocab=") for option in options):
        options = (*options, "-D", f"vocab={vocabulary}")
    return path, options


def checkpoint_bytes(folder):
    """Every file of the latest checkpoint below a folder, by name."""
    latest = os.path.join(folder, "latest")
    step = os.path.realpath(latest) if os.path.islink(latest) else os.path.join(
        folder, open(latest).read().strip())
    return {name: open(os.path.join(step, name), "rb").read() for name in sorted(os.listdir(step))}
