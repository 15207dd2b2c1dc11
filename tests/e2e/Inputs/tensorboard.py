#!/usr/bin/env python3
"""Reads the event files of a run that was stopped and killed, with a reader of its own, and compares
them with the log. What TensorBoard's reader does is done here: records with wrong checksums are errors,
and a session that starts at a step takes back what was there of this step and later ones.

Usage: tensorboard.py DIR MODEL [compile options...]
"""

import math
import os
import signal
import struct
import subprocess
import sys
import time

from run import call, fail, prepare, read_log

TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    """The contents of a file of TFRecords."""
    with open(path, "rb") as file:
        data = file.read()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        (crc,) = struct.unpack("<I", data[8:12])
        if crc != masked_crc32c(data[:8]):
            fail(f"{path}: wrong checksum of a length")
        record, rest = data[12:12 + length], data[12 + length:]
        if struct.unpack("<I", rest[:4])[0] != masked_crc32c(record):
            fail(f"{path}: wrong checksum of a record")
        yield record
        data = rest[4:]


def fields(data):
    """Number and value of the fields of a message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        else:
            size = {1: 8, 5: 4}.get(kind) or varint()
            value = data[at:at + size]
            at += size
        yield key >> 3, value


def read_events(folder):
    """{step: {tag: number}} of a folder, and how many files are in it."""
    steps = {}
    names = sorted(os.listdir(folder))
    for name in names:
        events = list(records(os.path.join(folder, name)))
        first = dict(fields(events[0]))
        if first.get(3) != b"brain.Event:2":
            fail(f"{name} does not begin with its version")
        for event in events:
            event = dict(fields(event))
            if abs(struct.unpack("<d", event[1])[0] - time.time()) > 3600:
                fail("the wall time is not now")
            step = event.get(2, 0)
            if 7 in event and dict(fields(event[7])) == {1: 1}:
                steps = {number: row for number, row in steps.items() if number < step}
            if 5 not in event:
                continue
            if step in steps:
                fail(f"step {step} is there twice")
            values = [dict(fields(value)) for number, value in fields(event[5]) if number == 1]
            steps[step] = {value[1].decode(): struct.unpack("<f", value[2])[0] for value in values}
    return steps, len(names)


def main(folder, model, *options):
    path, options = prepare(folder, options)
    call("stator", "compile", model, "--mode", "train", *options, "-o", path("train"))
    run = [path("train"), "--data", path("text.txt"), "--val-fraction", "0.1", "--steps", "12000",
           "--eval-every", "100", "--save-every", "300", "--quiet", "--tensorboard", path("events"), "--out", path("out")]

    # Killed when it has logged steps that the last checkpoint does not have.
    killed = 0
    for wanted in (450, 1000):
        process = subprocess.Popen(run if not killed else [path("train"), "--resume", path("out"), "--quiet"])
        while process.poll() is None:
            try:
                lines = open(path("out", "log.jsonl")).read().count("\n")
            except OSError:
                lines = 0
            if lines >= wanted:
                process.send_signal(signal.SIGKILL)
                break
        killed += process.wait() == -signal.SIGKILL
    if killed == 0:
        fail("the run ended before it could be killed")
    call(path("train"), "--resume", path("out"), "--quiet")

    steps, files = read_events(path("events"))
    log = read_log(path("out", "log.jsonl"))
    if files != killed + 1 or len(log) != 12000:
        fail(f"{files} files, {len(log)} lines")
    expected = {entry.pop("step"): {tag: struct.unpack("<f", struct.pack("<f", number))[0] for tag, number in entry.items()
                                    if tag not in ("ms", "tokens_per_s")} for entry in log}
    for row in steps.values():
        if not row.pop("tokens_per_s") > 0:
            fail("no tokens per second")
    # Doubles are rounded to nine digits in the log and to floats in the events.
    same = lambda row, other: row.keys() == other.keys() and all(
        row[tag] == number if not tag.startswith("val") else math.isclose(row[tag], number, rel_tol=1e-6)
        for tag, number in other.items())
    wrong = [step for step in expected if not same(steps.get(step, {}), expected[step])]
    if wrong or len(steps) != len(expected):
        fail(f"events and log differ, first in step {wrong[:1]}: {steps.get(wrong[0]) if wrong else len(steps)}")
    if not any("val_perplexity" in row for row in steps.values()):
        fail("no perplexity")
    print("events and log are the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
