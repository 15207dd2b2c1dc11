"""Imports GGUF files whose metadata is spelled in unusual ways, and tokenizers with different ideas of
what begins a text. Usage: import_metadata.py DIR"""

import json
import os
import sys

import numpy as np

from run import call, fail

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
import check_formats  # noqa: E402
import check_import  # noqa: E402
import families  # noqa: E402
import gguf  # noqa: E402


def expect(text, *parts):
    for part in parts:
        if part not in text:
            fail(f"expected {part!r}, found\n{text}")


def write(path, weights, pairs):
    tensors = {n: ("F32", v) for n, v in gguf.convert(weights, "llama", 4, 2).items()}
    gguf.write(path, pairs, tensors)


def models(folder):
    """Each model computes what its metadata says."""
    llama = families.CASES["llama"]
    families.CASES["linear"] = dict(llama, rope_scaling=dict(rope_type="linear", factor=4.0))
    families.CASES["window"] = dict(llama, model_type="mistral", sliding_window=5)
    plain = families.make_weights("llama")
    some = dict(plain)
    for i in range(families.LAYERS):
        for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj"):
            rows = plain[f"model.layers.{i}.{part}.weight"].shape[0]
            some[f"model.layers.{i}.{part}.bias"] = np.linspace(-1, 1, rows, dtype=np.float32)
    pairs = check_formats.pairs_of("llama", "llama")
    without_base = {k: v for k, v in pairs.items() if k != "llama.rope.freq_base"}
    harmless = {"llama.attention.head_count": [4, 4], "llama.attention.head_count_kv": [2, 2],
                "llama.feed_forward_length": [40, 40], "llama.block_count": 2.0, "llama.rope.scaling.type": "none",
                "llama.rope.scaling.factor": 4.0, "llama.attention.causal": True, "llama.logit_scale": 1.0,
                "llama.attention.clamp_kqv": 0.0, "llama.expert_count": 0, "llama.attention.sliding_window": 24,
                "llama.attention.scale": float(np.float32(6**-0.5)), "llama.something_new": 3}
    by = "llama.rope.scaling.type is missing; as in llama.cpp, positions are scaled linearly, by llama.rope."
    for name, case, weights, changed, said in (
            ("old", "linear", plain, dict(pairs, **{"llama.rope.scale_linear": 4.0}), [by + "scale_linear = 4"]),
            ("new", "linear", plain, dict(pairs, **{"llama.rope.scaling.factor": 4.0, "llama.rope.scale_linear": 2.0}),
             [by + "scaling.factor = 4"]),
            ("harmless", "llama", plain, dict(without_base, **harmless),
             ["llama.rope.freq_base is missing; as in llama.cpp, it is 10000",
              'scaling.factor = 4 changes nothing, since llama.rope.scaling.type is "none"',
              "llama.something_new = 3 is unknown and was ignored", "holds no tokenizer"]),
            ("biases", "llama", some, pairs, []),
            ("window", "window", plain, dict(pairs, **{"llama.attention.sliding_window": 5}), [])):
        path, out = os.path.join(folder, name + ".gguf"), os.path.join(folder, name)
        write(path, weights, changed)
        expect(call("stator", "import", path, "-o", out), *said)
        check_import.check(case, out, check_formats.goldens(case, weights), name, interpreted_only=True)


def generation(out):
    path = os.path.join(out, "generation.json")
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def shown(out, text):
    """The ids of a text with what belongs around it."""
    lines = call("stator", "tokenize", "--show", text, "--bos", "--tokenizer", out).splitlines()[1:]
    return [int(line.split()[1]) for line in lines]


def compare(what, found, wanted):
    if found != wanted:
        fail(f"{what}: found {found}, expected {wanted}")


def gguf_tokenizers(folder):
    weights = families.make_weights("llama")
    pairs = check_formats.pairs_of("llama", "llama")
    number = 0

    def load(values, *said):
        nonlocal number
        number += 1
        path, out = os.path.join(folder, f"tokenizer{number}.gguf"), os.path.join(folder, f"tokenizer{number}")
        write(path, weights, dict(pairs, **{"tokenizer.ggml." + k: v for k, v in values.items()}))
        text = call("stator", "import", path, "-o", out)
        expect(text, *said)
        if not said and "warning" in text:
            fail(text)
        return out

    tokens = list("abcdefgh0123456789") + ["01", "012", "0123", "<|endoftext|>", "<s>"]
    bpe = {"model": "gpt2", "pre": "gpt-2", "tokens": tokens, "token_type": [1] * 21 + [3, 3],
           "merges": ["0 1", "01 2", "012 3"], "bos_token_id": 22, "eos_token_id": 21, "add_bos_token": False}
    without = lambda *keys: {k: v for k, v in bpe.items() if k not in keys}
    out = load(bpe)
    compare("gpt-2", shown(out, "ab0123"), [0, 1, 20])
    compare("gpt-2", generation(out), {"add_bos": False, "bos": 22, "eos": [21]})
    # Digits in threes, as of a file without a name, for "default" and without one.
    for values in (without("pre"), dict(bpe, pre="default")):
        compare("default", shown(load(values, "so how text is split into words is not known"), "ab0123"), [0, 1, 19, 11])
    compare("add_bos", generation(load(dict(bpe, add_bos_token=True))), {"add_bos": True, "bos": 22, "eos": [21]})
    out = load(dict(bpe, add_bos_token=True, add_eos_token=True))
    compare("add_bos and add_eos", shown(out, "a"), [22, 0, 21])
    out = load(dict(without("add_bos_token"), pre="llama-bpe"), "of this kind of tokenizer begin with BOS")
    compare("llama-bpe", generation(out), {"add_bos": True, "bos": 22, "eos": [21]})
    out = load(without("add_bos_token", "eos_token_id", "bos_token_id"), "begin with no BOS",
               'tokenizer.ggml.eos_token_id is missing; as in llama.cpp, it is 11, "3"')
    compare("no ids", generation(out), {"eos": [11, 21]})
    pieces = ["<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "<end>"]
    spm = {"model": "llama", "tokens": pieces, "scores": [0.0, 0.0, 0.0, -1.0, -2.0, -3.0, -0.5, 0.0],
           "token_type": [2, 3, 3, 1, 1, 1, 5, 3]}
    out = load(spm, "of this kind of tokenizer begin with BOS", "bos_token_id is missing; as in llama.cpp, it is 1",
               "eos_token_id is missing; as in llama.cpp, it is 2")
    compare("llama", generation(out), {"add_bos": True, "bos": 1, "eos": [2]})
    compare("llama", shown(out, "ab"), [1, 3, 6])
    out = load(dict(spm, add_bos_token=False, bos_token_id=1, eos_token_id=7, scores=[0, 0, 0, -1, -2, -3, -1, 0]))
    compare("llama without BOS", generation(out), {"add_bos": False, "bos": 1, "eos": [7, 2]})
    compare("llama without BOS", shown(out, "ab"), [3, 6])


def folders(folder):
    """Which files decide whether a text begins with BOS; the family does not."""
    vocabulary = {c: i for i, c in enumerate("abc")}
    tokenizer = {"added_tokens": [dict(id=3, content="<s>", special=True), dict(id=4, content="</s>", special=True)],
                 "pre_tokenizer": dict(type="ByteLevel", add_prefix_space=False), "post_processor": None,
                 "decoder": dict(type="ByteLevel"), "model": dict(type="BPE", vocab=vocabulary, merges=[])}
    template = dict(type="TemplateProcessing", single=[dict(SpecialToken=dict(id="<s>", type_id=0)),
                                                       dict(Sequence=dict(id="A", type_id=0))],
                    special_tokens={"<s>": dict(id="<s>", ids=[3], tokens=["<s>"])})
    named = dict(bos_token="<s>", eos_token="</s>")
    number = 0

    def load(files, *said):
        nonlocal number
        number += 1
        source, out = os.path.join(folder, f"hf{number}"), os.path.join(folder, f"imported{number}")
        config = dict(families.CASES["llama"], bos_token_id=5, eos_token_id=[4, -1])
        families.write_folder("llama", source, config=config)
        for name, content in files.items():
            with open(os.path.join(source, name), "w") as file:
                file.write(content if isinstance(content, str) else json.dumps(content))
        expect(call("stator", "import", source, "-o", out), *said)
        return out

    for what, files, begins in (
            ("nothing", {"tokenizer.json": tokenizer}, False),
            ("a name", {"tokenizer.json": tokenizer, "tokenizer_config.json": named}, False),
            ("GPT-2's class", {"tokenizer.json": tokenizer,
                               "tokenizer_config.json": dict(named, tokenizer_class="GPT2Tokenizer")}, False),
            ("Llama's class", {"tokenizer.json": tokenizer,
                               "tokenizer_config.json": dict(named, tokenizer_class="LlamaTokenizerFast")}, True),
            ("Llama's class and the flag", {"tokenizer.json": tokenizer, "tokenizer_config.json": dict(
                named, tokenizer_class="LlamaTokenizer", add_bos_token=False)}, False),
            ("the flag", {"tokenizer.json": tokenizer, "tokenizer_config.json": dict(named, add_bos_token=True)}, True),
            ("the post-processor", {"tokenizer.json": dict(tokenizer, post_processor=template)}, True)):
        out = load(files)
        # What the tokenizer puts in front is BOS, whatever the config says.
        compare(what, generation(out), {"add_bos": begins, "bos": 3 if begins else 5, "eos": [4]})
        compare(what, shown(out, "ab"), [3, 0, 1] if begins else [0, 1])
    compare("no tokenizer", generation(load({})), {"bos": 5, "eos": [4]})
    # A vocabulary that lacks most bytes, in the older pair of files.
    out = load({"vocab.json": vocabulary, "merges.txt": "#version: 0.2\n"})
    compare("few bytes", shown(out, "a-b"), [0, 1])
    load({"generation_config.json": dict(temperature=0.6, top_p=0.9, top_k=50, do_sample=True, suppress_tokens=[1])},
         "are not carried over: temperature = 0.6, top_p = 0.9, suppress_tokens = a list;")


def main(folder):
    os.makedirs(folder, exist_ok=True)
    models(folder)
    gguf_tokenizers(folder)
    folders(folder)
    print("all as the files say")


if __name__ == "__main__":
    main(*sys.argv[1:])
