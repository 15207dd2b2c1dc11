"""Runs the commands at the heads of the files of a dump, and compares what they write with the files that follow.

Usage: rerun_stages.py DUMP OUT. Prints one line a file.
"""

import pathlib
import re
import subprocess
import sys

MARKS = {".mlir": "//", ".ll": ";", ".s": "#"}


def number_names(function):
    """The names of values of a function in LLVM IR, replaced by numbers in the order of the text."""
    numbers = {}
    function = re.sub(r"; preds = .*", "", function)
    return re.sub(
        r"%[\w.$-]+|^[\w.$-]+(?=:)",
        lambda name: "%" + str(numbers.setdefault(name[0].strip("%"), len(numbers))),
        function,
        flags=re.MULTILINE,
    )


def body(path, stage):
    """What a file says after its comments, but for what its predecessor's note says differs."""
    lines = path.read_text().split("\n")
    while lines and re.match(r"//|;|#( |$)", lines[0]):
        lines.pop(0)
    text = "\n".join(lines)
    if path.suffix == ".ll":
        return [number_names(part) for part in text.split("\ndefine ")]
    if stage == "llvm":
        text = re.sub(r"^#loc.*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r' loc\((#loc\d*|unknown|"[^"]*"(\(#loc\d*\)|:\d+:\d+)?)\)', "", text)
    return text


dump, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True)
files = sorted(dump.iterdir())
for file, following in zip(files, files[1:]):
    mark = MARKS[file.suffix]
    _, says, command, _ = file.read_text().split("\n", 3)
    if says == f"{mark} No command makes exactly {following.name} from this file.":
        print(f"{file.name}: no command")
        continue
    assert says == f"{mark} In this directory, {following.name} is made by", says
    command = command.removeprefix(mark)
    assert command.endswith(f" {file.name} -o {following.name}"), command
    result = out.resolve() / following.name
    command = command[: -len(following.name)] + f"'{result}'"
    subprocess.run(command, shell=True, check=True, cwd=dump)
    stage = following.stem.split("-")[1]
    same = body(result, stage) == body(following, stage)
    print(f"{following.name} is {'the same' if same else 'another'}")
