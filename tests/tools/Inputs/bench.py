"""Checks that the figures of a report fit together: `bench.py REPORT.json REPORT.html`."""

import json
import math
import sys
import xml.etree.ElementTree

report = json.load(open(sys.argv[1]))


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


machine = report["machine"]
assert all(machine[key] > 0 for key in ("flops", "flops_1_thread", "bytes_per_s", "bytes_per_s_1_thread"))
# A reading before the first turn and one after each.
turns = [program["rounds"] for program in (report["compiled"], report.get("eager"), report["profiled"]) if program]
assert len(machine["readings"]) >= sum(map(len, turns)) + 2
for key in ("flops", "bytes_per_s"):
    values = [reading[key] for reading in machine["readings"]]
    assert min(values) <= machine[key] <= max(values)
for rounds in turns:
    for turn in rounds:
        assert near(turn["share_of_peak"] * turn["flops"] * turn["ms"] / 1e3, report["model"]["flops_per_step"]), turn
if "bytes_per_step" in report["model"]:
    for turn in report["compiled"]["rounds"]:
        moved = turn["share_of_bandwidth"] * turn["bytes_per_s"] * turn["ms"] / 1e3
        assert near(moved, report["model"]["bytes_per_step"]), turn
    # That of the kernels that it is made of: what attention sees grows from token to token.
    kinds = [kernel for kernel in report["kernels"] if kernel["kind"] in ("matmul", "attention")]
    assert near(sum(kernel["bytes"] for kernel in kinds), report["model"]["bytes_per_step"])
    assert near(sum(kernel["flops"] for kernel in kinds), report["model"]["flops_per_step"])
breakdown = report["breakdown"]
total = sum(kernel["ms"] for kernel in report["kernels"])
assert near(total, breakdown["kernel_ms"])
assert near(total + breakdown["schedule_ms"], breakdown["step_ms"])
assert breakdown["schedule_ms"] >= 0 and breakdown["steps"] > 0
for kernel in report["kernels"]:
    seconds = kernel["ms"] / 1e3
    assert kernel["calls"] > 0 and kernel["bytes"] > 0, kernel
    assert near(kernel["gflops"] * 1e9 * seconds, kernel["flops"]), kernel
    assert near(kernel["share_of_peak"] * breakdown["flops"] * seconds, kernel["flops"]), kernel
    assert near(kernel["share_of_bandwidth"] * breakdown["bytes_per_s"] * seconds, kernel["bytes"]), kernel
times = [kernel["ms"] for kernel in report["kernels"]]
assert times == sorted(times, reverse=True)
end = 0
for event in report["timeline"]:
    assert end <= event["begin_ms"] <= event["end_ms"], event
    end = event["end_ms"]
memory = report["memory"]
assert memory["peak_bytes"] == memory["state_bytes"] + memory["arena_bytes"]
assert memory["alive_at_once"] <= memory["arena_bytes"]
compiled = report["compiled"]
assert compiled["resident_bytes"] > compiled["base_bytes"] > 0
assert compiled["ms"]["min"] <= compiled["ms"]["median"] <= compiled["ms"]["max"]
if "eager" in report:
    # The same weights and tokens, and so the same loss.
    eager = report["eager"]
    assert math.isclose(compiled["first_loss"], eager["first_loss"], rel_tol=1e-4)
    assert near(report["speedup"], eager["ms"]["median"] / compiled["ms"]["median"])
for row in report["ablations"]:
    assert "failure" not in row, row
    assert row["peak_bytes"] > 0
    # Only a program that differs is measured.
    assert row.get("same_program") or row["ms"]["median"] > 0, row
    assert row["without"] != "attention-fusion" or row["same_program"], "there is no attention in this model"

page = xml.etree.ElementTree.parse(sys.argv[2])
svg = "{http://www.w3.org/2000/svg}"
shapes = [len(list(picture.iter(svg + "rect"))) for picture in page.iter(svg + "svg")]
assert max(shapes) >= len(report["timeline"]), shapes
