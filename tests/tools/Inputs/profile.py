"""Checks what a program wrote about itself: `profile.py PROFILE.json NEEDS.json`."""

import json
import sys

profile, needs = (json.load(open(path)) for path in sys.argv[1:3])
assert profile["steps"] == 3, "the first of four steps is not counted"
total = sum(row["ms"] for row in profile["launches"])
assert abs(total - profile["kernel_ms"]) < 1e-9 * max(1, total)
assert abs(profile["kernel_ms"] + profile["schedule_ms"] - profile["step_ms"]) < 1e-9
launches = {entry["name"]: entry["launches"] for entry in needs["entries"]}
rows = [row for row in profile["launches"] if row["entry"] == "train_step"]
assert len(rows) == launches["train_step"], (len(rows), launches)
assert all(row["calls"] == 1 and row["flops"] >= 0 and row["bytes"] > 0 for row in rows)
# Every buffer lies in the arena, from one launch to another.
arena = {entry["name"]: entry["arena_bytes"] for entry in needs["entries"]}
for buffer in needs["buffers"]:
    assert 0 <= buffer["offset"] and buffer["offset"] + buffer["bytes"] <= arena[buffer["entry"]], buffer
    assert 0 <= buffer["first"] <= buffer["last"] <= launches[buffer["entry"]], buffer
