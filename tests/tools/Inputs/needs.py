"""The JSON of `stator compile` adds up. Usage: needs.py FILE PROGRAM"""

import json
import subprocess
import sys

with open(sys.argv[1]) as file:
    needs = json.load(file)
assert needs["parameter_bytes"] == 4 * needs["parameters"], needs
assert needs["optimizer_bytes"] == 2 * needs["parameter_bytes"], needs
assert needs["state_bytes"] >= needs["parameter_bytes"] + needs["optimizer_bytes"], needs
assert needs["peak_bytes"] == needs["state_bytes"] + needs["arena_bytes"], needs
assert needs["arena_bytes"] == max(entry["arena_bytes"] for entry in needs["entries"]), needs
assert all(entry["alive_at_once"] <= entry["arena_bytes"] for entry in needs["entries"]), needs
assert {entry["name"] for entry in needs["entries"]} == {"train_step", "evaluate"}, needs
assert needs["kernels"] > 0 and needs["flops_per_step"] > 0, needs
assert "CharGPT" in subprocess.run([sys.argv[2], "--version"], capture_output=True, text=True, check=True).stdout
