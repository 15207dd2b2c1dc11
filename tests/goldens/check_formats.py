#!/usr/bin/env python3
"""Imports the same models from other formats: shards, 16-bit floats, other names, GGUF.

Usage: check_formats.py DIR
"""

import os
import sys

import numpy as np

import check_import
import families
import gguf


def goldens(name, weights):
    return np.array([families.log_probabilities(name, prompt, weights) for prompt in families.PROMPTS])


def check(folder, name, how, source, weights):
    target = os.path.join(folder, "stator-" + how.replace(" ", "-"))
    check_import.run("stator", "import", source, "-o", target)
    check_import.check(name, target, goldens(name, weights), how, interpreted_only=True)
    print(f"{name}, {how}: agrees")


def huggingface(folder):
    weights = families.make_weights("llama")
    source = os.path.join(folder, "hf-")
    families.write_folder("llama", source + "shards", shards=3)
    check(folder, "llama", "shards", source + "shards", weights)
    brains = {n: families.from_bfloat16(families.to_bfloat16(v)) for n, v in weights.items()}
    families.write_folder("llama", source + "bf16", dtype="BF16")
    check(folder, "llama", "bf16", source + "bf16", brains)
    halves = {n: v.astype("<f2").astype(np.float32) for n, v in weights.items()}
    families.write_folder("llama", source + "f16", dtype="F16", shards=2)
    check(folder, "llama", "f16 shards", source + "f16", halves)
    # GPT-2 as its language model writes it: prefixes, masks, and the head a second time.
    weights = families.make_weights("gpt2")
    named = {"transformer." + n: v for n, v in weights.items()}
    for i in range(families.LAYERS):
        named[f"transformer.h.{i}.attn.bias"] = np.tri(families.CONTEXT, dtype=np.float32)[None, None]
        named[f"transformer.h.{i}.attn.masked_bias"] = np.array(-1e4, np.float32)
    named["lm_head.weight"] = weights["wte.weight"]
    families.write_folder("gpt2", source + "prefix", named)
    check(folder, "gpt2", "prefix", source + "prefix", weights)
    # OPT as it was published first.
    weights = families.make_weights("opt")
    families.write_folder("opt", source + "opt", {n.replace("model.", "", 1): v for n, v in weights.items()})
    check(folder, "opt", "old names", source + "opt", weights)


def pairs_of(case, kind):
    config = families.CASES[case]
    if kind == "gpt2":
        return {"general.architecture": "gpt2", "gpt2.context_length": families.CONTEXT, "gpt2.embedding_length": 24,
                "gpt2.block_count": families.LAYERS, "gpt2.attention.head_count": 4, "gpt2.feed_forward_length": 96,
                "gpt2.attention.layer_norm_epsilon": 1e-5}
    p = kind + "."
    pairs = {"general.architecture": kind, p + "context_length": families.CONTEXT,
             p + "embedding_length": config["hidden_size"], p + "block_count": families.LAYERS,
             p + "attention.head_count": config["num_attention_heads"],
             p + "attention.head_count_kv": config["num_key_value_heads"],
             p + "feed_forward_length": config["intermediate_size"],
             p + "attention.layer_norm_rms_epsilon": config["rms_norm_eps"],
             p + "rope.freq_base": config["rope_theta"]}
    if "head_dim" in config:
        pairs[p + "attention.key_length"] = pairs[p + "attention.value_length"] = config["head_dim"]
        pairs[p + "rope.dimension_count"] = config["head_dim"]
    return pairs


def from_gguf(folder):
    for case, kind, dtype in (("llama", "llama", "F32"), ("llama", "llama", "BF16"), ("gpt2", "gpt2", "F16"),
                              ("qwen2", "qwen2", "F32"), ("qwen3", "qwen3", "F32"), ("wide", "llama", "Q8_0")):
        if case == "wide":  # rows of whole blocks
            families.CASES["wide"] = dict(families.CASES["llama"], hidden_size=32, intermediate_size=64)
        config, weights = families.CASES[case], families.make_weights(case)
        counts = config.get("num_attention_heads"), config.get("num_key_value_heads")
        tensors = {n: ("F32" if v.ndim == 1 else dtype, v)
                   for n, v in gguf.convert(weights, kind, *counts).items()}
        path = os.path.join(folder, f"{case}-{dtype}.gguf")
        exact = gguf.write(path, pairs_of(case, kind), tensors, version=2 if dtype == "F16" else 3)
        # What the file holds, in the order of Hugging Face.
        stored = {}
        for name, values in weights.items():
            order = gguf.convert({name: np.arange(values.size).reshape(values.shape)}, kind, *counts)
            (key, places), = order.items()
            flat = np.empty(values.size, np.float32)
            flat[places.reshape(-1)] = exact[key].reshape(-1)
            stored[name] = flat.reshape(values.shape)
        check(folder, case, f"GGUF {kind} {dtype}", path, stored)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    huggingface(folder)
    from_gguf(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
