"""Trains small models, exports them as folders of Hugging Face and as GGUF, looks at what was written
with numpy alone, and imports both again: the same tokens must come out. Usage: export.py DIR"""

import json
import os
import sys

import numpy as np

from run import call, fail, write_text

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
from cases import read_safetensors  # noqa: E402
import gguf  # noqa: E402

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "models")
WIDTH, HIDDEN, CONTEXT, LAYERS, HEADS, KV_HEADS = 32, 48, 24, 2, 4, 2


def gpt2_shapes(vocab):
    w = WIDTH
    shapes = {"transformer.wte.weight": (vocab, w), "transformer.wpe.weight": (CONTEXT, w)}
    for i in range(LAYERS):
        h = f"transformer.h.{i}."
        for name in ("ln_1", "ln_2"):
            shapes[h + name + ".weight"] = shapes[h + name + ".bias"] = (w,)
        for name, rows, columns in (("attn.c_attn", w, 3 * w), ("attn.c_proj", w, w), ("mlp.c_fc", w, 4 * w),
                                    ("mlp.c_proj", 4 * w, w)):
            shapes[h + name + ".weight"], shapes[h + name + ".bias"] = (rows, columns), (columns,)
    shapes["transformer.ln_f.weight"] = shapes["transformer.ln_f.bias"] = (w,)
    return shapes


def llama_shapes(vocab):
    w, kv = WIDTH, WIDTH // HEADS * KV_HEADS
    shapes = {"model.embed_tokens.weight": (vocab, w), "model.norm.weight": (w,), "lm_head.weight": (vocab, w)}
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        for name, shape in (("self_attn.q_proj", (w, w)), ("self_attn.k_proj", (kv, w)),
                            ("self_attn.v_proj", (kv, w)), ("self_attn.o_proj", (w, w)),
                            ("mlp.gate_proj", (HIDDEN, w)), ("mlp.up_proj", (HIDDEN, w)),
                            ("mlp.down_proj", (w, HIDDEN)), ("input_layernorm", (w,)),
                            ("post_attention_layernorm", (w,))):
            shapes[p + name + ".weight"] = shape
    return shapes


CASES = {
    "gpt2": (gpt2_shapes, ["layers", "heads", "width", "context", "time"],
             dict(model_type="gpt2", n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS, n_positions=CONTEXT,
                  activation_function="gelu_new", architectures=["GPT2LMHeadModel"], torch_dtype="float32")),
    "char_gpt": (gpt2_shapes, ["layers", "heads", "width", "context"],
                 dict(model_type="gpt2", activation_function="gelu")),
    "llama": (llama_shapes, ["layers", "heads", "kv_heads", "width", "hidden", "context", "time"],
              dict(model_type="llama", hidden_size=WIDTH, intermediate_size=HIDDEN, num_hidden_layers=LAYERS,
                   num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, rms_norm_eps=1e-5, rope_theta=10000.0,
                   hidden_act="silu", tie_word_embeddings=False, architectures=["LlamaForCausalLM"])),
}
SIZES = dict(layers=LAYERS, heads=HEADS, kv_heads=KV_HEADS, width=WIDTH, hidden=HIDDEN, context=CONTEXT, time=CONTEXT)


def generate(model, weights, *options):
    """What a model writes, twice: the likeliest tokens, and drawn ones."""
    return [call("stator", "interpret", model, "--mode", "infer", *options, "--weights", weights, "--prompt",
                 "the cat", "--tokens", 16, "--temperature", temperature, "--seed", 5, "--ignore-eos")
            for temperature in (0, 1)]


def check_folder(name, folder, vocab, trained):
    shapes, _, expected = CASES[name]
    found = {n: v.shape for n, v in read_safetensors(os.path.join(folder, "model.safetensors")).items()}
    if found != shapes(vocab):
        fail(f"{name}: tensors {sorted(set(found.items()) ^ set(shapes(vocab).items()))}")
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    for key, value in dict(expected, vocab_size=vocab).items():
        if config.get(key) != value:
            fail(f"{name}: {key} is {config.get(key)}, expected {value}")
    exported = read_safetensors(os.path.join(folder, "model.safetensors"))
    for parameter, values in trained.items():
        other = exported[parameter if name == "llama" else "transformer." + parameter]
        if name == "char_gpt" and ".c_" in parameter:
            other = other.T
        if not np.array_equal(values, other):
            fail(f"{name}: {parameter} has other values")
    with open(os.path.join(folder, "tokenizer.json")) as file:
        tokens = json.load(file)["model"]["vocab"]
    if sorted(tokens.values()) != list(range(vocab)):
        fail(f"{name}: the tokenizer has the ids {sorted(tokens.values())}")


def check_gguf(name, path, vocab, trained):
    file = gguf.Reader(path)
    expected = gguf.convert(trained, name, HEADS, KV_HEADS)
    if set(expected) != set(file.tensors):
        fail(f"{name}: GGUF has {sorted(set(expected) ^ set(file.tensors))}")
    for parameter, values in expected.items():
        if not np.array_equal(values, file.tensors[parameter]):
            fail(f"{name}: {parameter} has other values in GGUF")
    for key, value in {"general.architecture": name, name + ".context_length": CONTEXT,
                       name + ".embedding_length": WIDTH, name + ".block_count": LAYERS,
                       name + ".attention.head_count": HEADS, "tokenizer.ggml.model": "gpt2"}.items():
        if file.pairs.get(key) != value:
            fail(f"{name}: {key} is {file.pairs.get(key)}, expected {value}")
    if len(file.pairs["tokenizer.ggml.tokens"]) != vocab:
        fail(f"{name}: {len(file.pairs['tokenizer.ggml.tokens'])} tokens in GGUF")


def round_trip_of_merges():
    """GPT-2's kind of tokenizer, and the tokens that begin and end a text, through GGUF."""
    call("stator", "tokenize", "--train", "text.txt", "--vocab", 262, "-o", "tokenizer.json")
    with open("tokenizer.json") as file:
        pairs = json.load(file)["model"]
    os.makedirs("merges", exist_ok=True)
    with open("merges/vocab.json", "w") as file:
        json.dump(pairs["vocab"], file)
    with open("merges/merges.txt", "w") as file:
        file.write("#version: 0.2\n" + "".join(merge + "\n" for merge in pairs["merges"]))
    model = os.path.join(MODELS, "gpt2.stator")
    options = ["-D", "vocab=262"]
    for key in CASES["gpt2"][1]:
        options += ["-D", f"{key}={SIZES[key]}"]
    call("stator", "interpret", model, *options, "--data", "text.txt", "--tokenizer", "merges/vocab.json", "--steps", 2,
         "--out", "merged", "--quiet")
    call("stator", "export", "merged", "--format", "gguf", "-o", "merged.gguf")
    # A file that Python wrote, with a number that JSON does not have, is the same tokenizer.
    with open("tokenizer.json") as file:
        whole = json.load(file)
    with open("tokenizer.json", "w", encoding="utf-8-sig") as file:
        json.dump(dict(whole, note=float("nan")), file)
    call("stator", "interpret", model, *options, "--data", "text.txt", "--tokenizer", "tokenizer.json", "--steps", 1,
         "--out", "noted", "--quiet")
    call("stator", "export", "noted", "--format", "gguf", "-o", "noted.gguf")
    if gguf.Reader("noted.gguf").pairs.get("tokenizer.ggml.merges") != pairs["merges"]:
        fail("the tokenizer.json with NaN and a byte order mark has other merges in GGUF")
    found = gguf.Reader("merged.gguf").pairs
    end = pairs["vocab"]["<|endoftext|>"]
    for key, value in {"eos_token_id": end, "add_bos_token": False}.items():
        if found.get("tokenizer.ggml." + key) != value:
            fail(f"a training's tokenizer.ggml.{key} is {found.get('tokenizer.ggml.' + key)}, expected {value}")
    call("stator", "export", "merged", "-o", "merged-hf")
    with open("merged-hf/config.json") as file:
        config = json.load(file)
    with open("merged-hf/config.json", "w") as file:
        json.dump(dict(config, bos_token_id=5, eos_token_id=[6]), file)
    call("stator", "import", "merged-hf", "-o", "merged-back")
    call("stator", "export", "merged-back", "--format", "gguf", "-o", "merged.gguf")
    found = gguf.Reader("merged.gguf").pairs
    texts = sorted(pairs["vocab"], key=pairs["vocab"].get)
    for key, value in {"model": "gpt2", "pre": "gpt-2", "tokens": texts, "merges": pairs["merges"], "bos_token_id": 5,
                       "eos_token_id": 6, "add_bos_token": False}.items():
        if found.get("tokenizer.ggml." + key) != value:
            fail(f"tokenizer.ggml.{key} is {found.get('tokenizer.ggml.' + key)}, expected {value}")
    call("stator", "import", "merged.gguf", "-o", "merged-gguf")
    with open("merged-gguf/model.stator") as file:
        if "eps = 1e-05\n" not in file.read():
            fail("eps is not the number that was written")
    if generate("merged-gguf/model.stator", "merged-gguf") != generate("merged-back/model.stator", "merged-back"):
        fail("the model writes another text after the round trip through GGUF, with vocab.json and merges.txt")
    # Over the folder of another one.
    text = call("stator", "export", "gpt2", "-o", "merged-back", expect=1)
    if "merged-back holds the tokenizer of something else: vocab.json, merges.txt" not in text:
        fail(text)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    vocab = write_text("text.txt")
    for name, (_, keys, _) in CASES.items():
        model = os.path.join(MODELS, name + ".stator")
        options = ["-D", f"vocab={vocab}"]
        for key in keys:
            options += ["-D", f"{key}={SIZES[key]}"]
        call("stator", "interpret", model, *options, "--data", "text.txt", "--steps", 60, "--out", name, "--quiet")
        trained = read_safetensors(os.path.join(name, "latest", "model.safetensors"))
        expected = generate(model, name, *options)
        call("stator", "export", name, "-o", name + "-hf")
        check_folder(name, name + "-hf", vocab, trained)
        call("stator", "import", name + "-hf", "-o", name + "-back")
        if generate(name + "-back/model.stator", name + "-back") != expected:
            fail(f"{name}: the model writes another text after the round trip")
        # What was imported can be exported again.
        call("stator", "export", name + "-back", "-o", name + "-again")
        check_folder(name, name + "-again", vocab, trained)
        if name == "char_gpt":
            text = call("stator", "export", name, "--format", "gguf", "-o", name + ".gguf", expect=1)
            if 'gpt2 has the activation gelu_new only; this model has "gelu"' not in text:
                fail(text)
            continue
        call("stator", "export", name, "--format", "gguf", "-o", name + ".gguf")
        check_gguf(name, name + ".gguf", vocab, trained)
        call("stator", "import", name + ".gguf", "-o", name + "-gguf")
        if generate(name + "-gguf/model.stator", name + "-gguf") != expected:
            fail(f"{name}: the model writes another text after the round trip through GGUF")

    round_trip_of_merges()

    # What cannot be exported.
    call("stator", "interpret", os.path.join(MODELS, "bigram.stator"), "-D", f"vocab={vocab}", "--data", "text.txt",
         "--steps", 2, "--out", "bigram", "--quiet")
    for path, options, message in (
            ("bigram", [], "is of the model Bigram, which is not known to other programs; GPT2 ("),
            ("nothing", [], "there are no weights in nothing: it does not exist"),
            ("gpt2", ["-o", "text.txt"], "cannot write into text.txt: it is no folder"),
            ("gpt2", ["--format", "gguf", "-o", "gpt2-hf"], "it is a directory; GGUF is one file"),
            ("gpt2-back", ["-o", "gpt2-back"], "is the checkpoint itself"),
            ("gpt2-hf", [], "does not say which model it is of"),
            ("gpt2", ["--tokenizer", "text.txt"], "text.txt is no tokenizer")):
        text = call("stator", "export", path, *([] if "-o" in options else ["-o", "out"]), *options, expect=1)
        if message not in text:
            fail(f"expected {message!r}, found\n{text}")
    if os.path.exists("out"):
        fail("something was written")
    print("round trips agree")


if __name__ == "__main__":
    main(sys.argv[1])
