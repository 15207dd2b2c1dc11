"""What cannot be imported is refused with the name of what is missing or wrong, and nothing is
written. Usage: import_errors.py DIR"""

import json
import os
import shutil
import struct
import sys

from run import call, fail

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
import families  # noqa: E402


def config_errors():
    llama, gpt2 = families.CASES["llama"], families.CASES["gpt2"]
    yield dict(llama, model_type="mamba"), 'model_type "mamba" is not known; known are gemma, gpt2,'
    yield {k: v for k, v in llama.items() if k != "model_type"}, "model_type is missing; known are gemma"
    yield dict(llama, model_type=7), "model_type should be text, but is 7"
    yield dict(llama, rope_scaling=dict(rope_type="yarn", factor=4.0)), "rope_scaling.type = yarn"
    yield dict(llama, rope_scaling=dict(type="dynamic", factor=4.0)), "rope_scaling.type = dynamic"
    yield dict(llama, rope_scaling=dict(rope_type="llama3", factor=4.0)), "rope_scaling.low_freq_factor should be"
    yield dict(llama, rope_scaling=[1]), "rope_scaling should be an object, but is a list"
    yield dict(llama, hidden_act="xielu"), 'hidden_act = "xielu"'
    yield dict(llama, num_local_experts=8), "mixture of experts (num_local_experts = 8)"
    yield dict(llama, quantization_config=dict(quant_method="gptq")), 'quantization_config (quant_method = "gptq")'
    yield dict(llama, num_attention_heads=5), "hidden_size 24 is no multiple of num_attention_heads 5"
    yield dict(llama, num_key_value_heads=3), "num_attention_heads 4 is no multiple of num_key_value_heads 3"
    yield dict(llama, head_dim=7), "the size of a head 7 is no multiple of 2"
    yield dict(llama, num_attention_heads=0), "num_attention_heads should be a whole number from 1 to"
    yield dict(llama, hidden_size=-24), "hidden_size should be a whole number from 1"
    yield dict(llama, hidden_size=1e30), "hidden_size should be a whole number from 1"
    yield dict(llama, hidden_size="24"), 'hidden_size should be a whole number from 1 to 2147483647, but is "24"'
    yield {k: v for k, v in llama.items() if k != "hidden_size"}, "hidden_size is missing"
    yield dict(llama, rms_norm_eps=0), "rms_norm_eps should be a number above 0, but is 0"
    yield dict(llama, tie_word_embeddings=1), "tie_word_embeddings should be true or false, but is 1"
    yield dict(llama, eos_token_id="</s>"), "bos_token_id and eos_token_id should be"
    yield dict(llama, num_hidden_layers=100000), "error"
    yield dict(llama, vocab_size=2147483647, hidden_size=2147483644, head_dim=8), "error"
    yield dict(llama, partial_rotary_factor=0.5), "partial_rotary_factor below 1"
    yield dict(families.CASES["qwen2"], use_sliding_window=True), "use_sliding_window in some of the layers"
    yield dict(families.CASES["qwen3"], layer_types=["full_attention", "sliding_attention"]), "some of the layers"
    yield dict(families.CASES["qwen3"], layer_types=["linear_attention"]), "layer_types other than"
    yield dict(families.CASES["gpt_neox"], rotary_pct=3), "partial_rotary_factor 3 gives"
    yield dict(families.CASES["phi"], qk_layernorm=True), "qk_layernorm = true"
    yield dict(families.CASES["opt"], enable_bias=False), "enable_bias = false"
    yield dict(gpt2, scale_attn_by_inverse_layer_idx=True), "scale_attn_by_inverse_layer_idx = true"
    yield dict(gpt2, scale_attn_weights=False), "scale_attn_weights = false"
    yield dict(gpt2, attn_logit_softcapping=30.0), "attn_logit_softcapping = 30.0"


def weight_errors(folder):
    """Damages a checkpoint, and gives what is said of it."""
    weights = families.make_weights("llama")

    def without(*names):
        return {n: v for n, v in weights.items() if n not in names}

    norm, query = "model.norm.weight", "model.layers.1.self_attn.q_proj.weight"
    families.write_folder("llama", folder, without(norm, query))
    yield ["missing in the checkpoint (2):", norm + " [24]", query + " [24, 24]"]
    families.write_folder("llama", folder, dict(weights, extra=weights[norm]))
    yield ["not in the model (1):", "extra [24], in " + folder + "/model.safetensors"]
    families.write_folder("llama", folder, dict(weights, **{norm: weights[norm][:23]}))
    yield ["of another shape (1):", norm + ": [23] in " + folder + "/model.safetensors, [24] in the model"]
    families.write_folder("llama", folder, dict(weights, **{"layers.0.mlp.up_proj.weight": weights[query]}))
    yield ["twice (1):", "model.layers.0.mlp.up_proj.weight: as "]
    tied = dict(families.CASES["llama"], tie_word_embeddings=True)
    families.write_folder("llama", folder, config=tied)
    yield ["is said to tie its head to its embedding, but lm_head.weight and model.embed_tokens.weight differ"]
    os.remove(folder + "/model.safetensors")
    yield ["there are no weights in " + folder]
    open(folder + "/pytorch_model.bin", "w").close()
    yield ["pytorch_model.bin is a Python pickle"]
    families.write_folder("llama", folder, shards=3)
    shard = folder + "/model-00002-of-00003.safetensors"
    data = open(shard, "rb").read()
    os.remove(shard)
    yield ["cannot read " + shard]
    open(shard, "wb").write(data[:-4])
    yield [shard + " is not a valid safetensors file"]
    open(shard, "wb").write(data)
    index = folder + "/model.safetensors.index.json"
    text = open(index).read()
    for map_, message in (({"a": "../x.safetensors"}, 'tensor a is in "../x.safetensors"'),
                          ({"a": 3}, "the file of a is not text"),
                          ({"a": "model-00001-of-00003.safetensors"}, "says that tensor a is in"),
                          ([], 'expected a JSON object with a "weight_map"')):
        json.dump(dict(weight_map=map_), open(index, "w"))
        yield [message]
    open(index, "w").write(text)
    shutil.copy(shard, folder + "/again.safetensors")
    broken = json.loads(text)
    name = next(n for n, f in broken["weight_map"].items() if f.startswith("model-00002"))
    broken["weight_map"][name] = "again.safetensors"
    json.dump(broken, open(index, "w"))
    yield ["is both in"]


def main(folder):
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, "out")
    for number, (config, message) in enumerate(config_errors()):
        path = os.path.join(folder, "config.json")
        with open(path, "w") as file:
            json.dump(config, file)
        text = call("stator", "import", path, "-o", out, expect=1)
        if message not in text or not text.startswith("error: "):
            fail(f"config {number}: expected {message!r}, found\n{text}")
    for damaged, message in (("{", "expected a JSON object"), ("[]", "llama2.c"), ("", "llama2.c"),
                             ('{"model_type": ' + "[" * 100000, "expected a JSON object"),
                             ('{"a":' * 100000 + "1" + "}" * 100000, "model_type is missing"),
                             ('{"model_type": "\xff"}', "expected a JSON object")):
        with open(path, "w", encoding="latin-1") as file:
            file.write(damaged)
        text = call("stator", "import", path, "-o", out, expect=1)
        if message not in text:
            fail(f"{damaged[:20]!r}: expected {message!r}, found\n{text[:2000]}")
    source = os.path.join(folder, "hf")
    for messages in weight_errors(source):
        text = call("stator", "import", source, "-o", out, expect=1)
        for message in messages:
            if message not in text:
                fail(f"expected {message!r}, found\n{text}")
    # llama2.c
    stories = os.path.join(folder, "stories.bin")
    header = struct.pack("<7i", 8, 16, 1, 2, 1, -10, 4)
    floats = 10 * 8 * 2 + 8 * 3 + 8 * 8 * 2 + 4 * 8 * 2 + 3 * 16 * 8 + 2 * 4 * 2
    good = header + bytes(4 * floats)
    version = lambda n: struct.pack("<Ii", 0x616B3432, n) + good
    for data, message in ((good[:-4], "truncated"), (good + b"1234", "its sizes ask for"),
                          (struct.pack("<7i", 8, 16, 1, 3, 1, 10, 4) + good, "do not fit each other"),
                          (struct.pack("<7i", 2**31 - 1, 16, 1, 2, 1, 10, 4) + good, "dim would be 2147483647"),
                          (struct.pack("<7i", 8, 16, -1, 2, 1, 10, 4) + good, "n_layers would be -1"),
                          (struct.pack("<7i", 8, 16, 2**24, 2, 1, 10, 4) + good, "truncated"),
                          (version(2), "int8 checkpoint of llama2.c (version 2)"),
                          (version(5), "version 5 is not known"), (b"short", "less than a header")):
        open(stories, "wb").write(data)
        text = call("stator", "import", stories, "-o", out, expect=1)
        if message not in text:
            fail(f"llama2.c: expected {message!r}, found\n{text}")
    if os.path.exists(out):
        fail("something was written")
    open(stories, "wb").write(good)
    call("stator", "import", stories, "-o", out)
    # Places that cannot be written into.
    open(os.path.join(folder, "file"), "w").close()
    text = call("stator", "import", stories, "-o", os.path.join(folder, "file"), expect=1)
    if "it is no folder" not in text:
        fail(text)
    families.write_folder("gpt2", os.path.join(folder, "gpt2"))
    text = call("stator", "import", os.path.join(folder, "gpt2"), "-o", os.path.join(folder, "gpt2"), expect=1)
    if "is the checkpoint itself" not in text:
        fail(text)
    for arguments, message in ((["x"], "-o is missing"), (["x", "y", "-o", "z"], "two paths"),
                               (["-o", "z"], "no checkpoint"), (["x", "-o", "z", "--to", "y"], "there is no flag --to")):
        text = call("stator", "import", *arguments, expect=2)
        if message not in text:
            fail(f"expected {message!r}, found\n{text}")
    print("all refused")


if __name__ == "__main__":
    main(sys.argv[1])
