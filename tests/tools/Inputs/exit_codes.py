"""The exit codes of stator: 0 success, 1 failure, 2 wrong flags."""

import subprocess
import sys

CASES = [
    (0, ["--help"]),
    (0, ["check", "--help"]),
    (2, []),
    (2, ["nonsense"]),
    (2, ["check"]),
    (2, ["check", "model.stator", "--nonsense"]),
    (1, ["check", "there-is-no-such-model.stator"]),
]
for expected, arguments in CASES:
    code = subprocess.run(["stator", *arguments], capture_output=True).returncode
    if code != expected:
        sys.exit(f"stator {' '.join(arguments)}: exit code {code}, expected {expected}")
