"""Every config in a folder imports and its model compiles, or is refused by the name of a feature.
Usage: import_configs.py CONFIGS DIR"""

import os
import sys

from run import call, fail


def main(configs, folder):
    names = sorted(os.listdir(configs))
    if not names:
        fail("no configs in " + configs)
    for name in names:
        out = os.path.join(folder, name)
        call("stator", "import", os.path.join(configs, name), "-o", out)
        model = os.path.join(out, "model.stator")
        # For text, rows of the batch have to be proved independent.
        for mode in ("infer", "train"):
            text = call(
                "stator", "check", model, "--mode", mode, "-D", "layers=2", "--time", "64", "--batch", "2"
            )
            if "no errors" not in text:
                fail(text)
    print(f"{len(names)} configs imported")


if __name__ == "__main__":
    main(*sys.argv[1:])
