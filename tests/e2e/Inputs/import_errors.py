"""What cannot be imported is refused with the name of what is missing or wrong, and nothing is
written. Usage: import_errors.py DIR"""

import json
import os
import shutil
import struct
import sys

from run import call, fail

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
import check_formats  # noqa: E402
import families  # noqa: E402
import gguf  # noqa: E402


def config_errors():
    llama, gpt2 = families.CASES["llama"], families.CASES["gpt2"]
    yield dict(llama, model_type="mamba"), 'model_type "mamba" is not supported; supported are gemma, gpt2,'
    yield {k: v for k, v in llama.items() if k != "model_type"}, "model_type is missing; supported are gemma"
    yield dict(llama, model_type=7), "model_type should be text, but is 7"
    yield dict(llama, rope_scaling=dict(rope_type="yarn", factor=4.0)), "rope_scaling.type = yarn"
    yield dict(llama, rope_scaling=dict(type="dynamic", factor=4.0)), "rope_scaling.type = dynamic"
    yield dict(llama, rope_scaling=dict(rope_type="llama3", factor=4.0)), "rope_scaling.low_freq_factor is missing"
    yield dict(llama, rope_scaling=dict(factor=4.0)), "rope_scaling.rope_type is missing"
    yield (dict(llama, rope_parameters=dict(full_attention=dict(rope_type="default"))),
           "rope_scaling.full_attention = an object")
    yield dict(llama, rope_scaling=[1]), "rope_scaling should be an object, but is a list"
    yield dict(llama, hidden_act="xielu"), 'hidden_act = "xielu"'
    yield dict(llama, num_local_experts=8), "mixture of experts (num_local_experts = 8)"
    yield dict(llama, quantization_config=dict(quant_method="gptq")), 'quantization_config (quant_method = "gptq")'
    yield dict(llama, num_attention_heads=5), "hidden_size 24 is not a multiple of num_attention_heads 5"
    yield dict(llama, num_key_value_heads=3), "num_attention_heads 4 is not a multiple of num_key_value_heads 3"
    yield dict(llama, head_dim=7), "the size of a head 7 is not a multiple of 2"
    yield dict(llama, num_attention_heads=0), "num_attention_heads should be a whole number from 1 to"
    yield dict(llama, hidden_size=-24), "hidden_size should be a whole number from 1"
    yield dict(llama, hidden_size=1e30), "hidden_size should be a whole number from 1"
    yield dict(llama, hidden_size="24"), 'hidden_size should be a whole number from 1 to 2147483647, but is "24"'
    yield {k: v for k, v in llama.items() if k != "hidden_size"}, "hidden_size is missing"
    yield dict(llama, rms_norm_eps=0), "rms_norm_eps should be a number above 0, but is 0"
    yield dict(llama, rms_norm_eps=float("nan")), "rms_norm_eps should be a number above 0, but is NaN"
    yield dict(llama, rope_theta=float("inf")), "rope_theta should be a number above 0, but is Infinity"
    yield dict(llama, vocab_size=float("-inf")), "vocab_size should be a whole number from 1 to 2147483647, but is -Inf"
    yield dict(llama, tie_word_embeddings=1), "tie_word_embeddings should be true or false, but is 1"
    yield dict(llama, eos_token_id="</s>"), "bos_token_id and eos_token_id should be"
    yield (dict(llama, eos_token_id=[2, 29]),
           "the EOS token has the id 29, which is outside of the vocabulary: ids are from 0 to 28")
    yield dict(llama, bos_token_id=2**63), "the BOS token has the id 9223372036854775807, which is outside"
    yield dict(llama, bos_token_id=-2), "the BOS token has the id -2"
    yield dict(llama, bos_token_id=[1, 2]), "bos_token_id should be one token id, but is a list of 2"
    linear = dict(rope_type="linear", factor=2.0)
    yield dict(llama, rope_scaling=linear, rope_parameters=dict(linear, factor=4.0)), "rope_parameters differ"
    yield dict(llama, rope_scaling=dict(linear, factor=None)), "rope_scaling.factor should be a number above 0, but is null"
    yield dict(llama, rope_scaling=dict(linear, factor="4")), 'rope_scaling.factor should be a number above 0, but is "4"'
    yield dict(llama, rope_scaling=dict(linear, factor=float("inf"))), "rope_scaling.factor should be a number above 0, but is Infinity"
    yield (dict(llama, rope_scaling=dict(rope_type="llama3", factor=4.0, low_freq_factor=4.0, high_freq_factor=4.0,
                                         original_max_position_embeddings=8)),
           "rope_scaling.low_freq_factor 4 should be less than rope_scaling.high_freq_factor 4")
    yield dict(llama, rope_scaling=dict(rope_type="default", mrope_section=[1, 2])), "rope_scaling.mrope_section"
    yield dict(llama, rope_parameters=dict(rope_theta=-1.0)), "rope_scaling.rope_theta should be a number above 0"
    yield (dict(llama, rope_parameters=dict(rope_theta=100.0, partial_rotary_factor=0.5)),
           "partial_rotary_factor = 0.5 in this family is not supported")
    yield dict(llama, clip_qkv=8.0), "clip_qkv = 8.0 is not supported"
    yield dict(llama, compression_config={}), "compression_config is not supported"
    yield dict(llama, layer_types="full_attention"), 'layer_types should be a list, but is "full_attention"'
    yield dict(llama, layer_types=["full_attention"]), "layer_types has 1 entries for 2 layers"
    yield (dict(families.CASES["qwen2"], layer_types=["sliding_attention"] * 2),
           "layer_types says sliding_attention, but there is no sliding_window")
    yield dict(families.CASES["mistral"], num_key_value_heads=0), "num_key_value_heads should be a whole number"
    yield dict(families.CASES["phi"], head_dim=6), "head_dim = 6 in this family"
    yield dict(families.CASES["gpt_neox"], partial_rotary_factor=0.25), "partial_rotary_factor is 0.25, but rotary_pct"
    yield dict(families.CASES["gpt_neox"], rope_theta=500.0), "rope_theta is 500.0, but rotary_emb_base, another name"
    yield dict(llama, num_hidden_layers=100000), "error"
    yield dict(llama, vocab_size=2147483647, hidden_size=2147483644, head_dim=8), "error"
    yield dict(llama, partial_rotary_factor=0.5), "partial_rotary_factor = 0.5 in this family is not supported"
    yield dict(families.CASES["qwen2"], use_sliding_window=True), "use_sliding_window in some of the layers"
    yield dict(families.CASES["qwen3"], use_sliding_window=True, sliding_window=4,
               layer_types=["full_attention", "sliding_attention"]), "some of the layers"
    yield dict(families.CASES["qwen3"], layer_types=["linear_attention"] * 2), "layer_types other than"
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
    for text, message in (("{}", "tokenizer.json: model is missing"), ("[", "tokenizer.json: line 1, column 2: the text ends too early")):
        families.write_folder("llama", folder)
        with open(folder + "/tokenizer.json", "w") as file:
            file.write(text)
        yield [message]
    os.remove(folder + "/tokenizer.json")
    with open(folder + "/vocab.json", "w") as file:
        file.write('{"kind": "bytes"}')
    yield [folder + "/vocab.json has 256 tokens, but the model has 29", "hint: give another one by --tokenizer"]
    os.remove(folder + "/vocab.json")
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


def gguf_errors(path):
    """Writes damaged GGUF files, and gives what is said of them."""
    pairs = check_formats.pairs_of("llama", "llama")
    tensors = {n: ("F32", v) for n, v in gguf.convert(families.make_weights("llama"), "llama", 4, 2).items()}

    def write(more={}, drop=(), **changed):
        gguf.write(path, {k: v for k, v in dict(pairs, **more).items() if k not in drop},
                   {n: changed.get(n.replace(".", "_"), v) for n, v in tensors.items()})
        with open(path, "rb") as file:
            return file.read()

    def put(data):
        with open(path, "wb") as file:
            file.write(data)

    good = write()
    put(good[:-4])
    yield "is it truncated?"
    put(good[:40])
    yield "is not a valid GGUF file"
    put(good[:4] + struct.pack("<I", 1) + good[8:])
    yield "is of version 1; GGUF of versions 2 and 3 is read"
    put(good[:4] + struct.pack(">I", 3) + good[8:])
    yield "is in another byte order"
    put(good[:8] + struct.pack("<Q", 2**63) + good[16:])
    yield "more than its"
    put(good[:24] + struct.pack("<Q", 2**64 - 1) + good[32:])
    yield "it ends in the key-value pairs"
    put(good.replace(b"blk.0.attn_q.weight", b"blk.0.attn_k.weight"))
    yield "tensor blk.0.attn_k.weight is there twice"
    put(good.replace(b"output_norm.weight", b"output_gate.weight"))
    yield "output_gate.weight [24]"
    place = good.index(b"output_norm.weight") + len("output_norm.weight")
    for kind, message in ((12, "Q4_K has blocks of 256"), (77, "is of type 77, which is not known"),
                          (26, "not F32, F16, BF16 or Q8_0 (1):")):
        put(good[:place + 12] + struct.pack("<I", kind) + good[place + 16:])
        yield message
    put(good[:place] + struct.pack("<I", 9) + good[place + 4:])
    yield "has 9 dimensions; expected 1 to 4"
    put(good[:place + 4] + struct.pack("<Q", 2**62) + good[place + 12:])
    yield "tensor output_norm.weight has an impossible shape"
    put(good[:place + 16] + struct.pack("<Q", 2**63) + good[place + 24:])
    yield "bytes of data are there"
    put(good[:place + 16] + struct.pack("<Q", 0) + good[place + 24:])
    yield "overlap"
    write({"general.alignment": 33})
    yield "general.alignment is 33; expected a power of two"
    write({"general.architecture": "mamba"})
    yield 'general.architecture "mamba" is not supported; supported are llama, qwen2, qwen3, gpt2'
    write(drop=["general.architecture"])
    yield "general.architecture is missing"
    yield from metadata_errors(write, pairs)
    yield from tokenizer_errors(write)


def metadata_errors(write, pairs):
    """Of the keys of the architecture."""
    for key in ("context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
                "attention.layer_norm_rms_epsilon"):
        write(drop=["llama." + key])
        yield f"llama.{key} is missing; llama.cpp requires it, too"
    for key, value, message in (
            ("attention.head_count", [4, 2], "differs from layer to layer (4 and 2), which is not supported"),
            ("attention.head_count", [4, 4, 4], "has 3 values for 2 layers"),
            ("attention.head_count", [], "has 0 values for 2 layers"),
            ("attention.head_count", 0, "should be a whole number from 1 to 2147483647, but is 0"),
            ("attention.head_count_kv", 3, ""),
            ("context_length", "24", 'should be a whole number from 1 to 2147483647, but is "24"'),
            ("block_count", True, "should be a whole number from 1 to 2147483647, but is true"),
            ("attention.layer_norm_rms_epsilon", "small", 'should be a number above 0, but is "small"'),
            ("attention.layer_norm_rms_epsilon", float("nan"), "should be a number above 0, but is NaN"),
            ("attention.layer_norm_rms_epsilon", 0.0, "should be a number above 0, but is 0"),
            ("rope.freq_base", float("inf"), "should be a finite number, but is Infinity"),
            ("rope.freq_base", "x", 'should be a finite number, but is "x"'),
            ("rope.dimension_count", 4, "is 4, but a head has 6 channels"),
            ("rope.scaling.type", "yarn", '= "yarn" is not supported'),
            ("rope.scaling.type", "llama3", '= "llama3" is not supported'),
            ("rope.scaling.factor", -4.0, "is -4; expected a number above 0"),
            ("rope.scaling.factor", float("nan"), "should be a finite number, but is NaN"),
            ("rope.scale_linear", "4", 'should be a finite number, but is "4"'),
            ("rope.scaling.attn_factor", 0.5, "= 0.5 is not supported"),
            ("rope.scaling.yarn_ext_factor", 1.0, "= 1.0 is not supported"),
            ("rope.dimension_sections", [2, 2, 2, 0], "= a list is not supported"),
            ("expert_count", 8, "= 8 is not supported"),
            ("expert_used_count", 2, "= 2 is not supported"),
            ("attention.causal", False, "= false is not supported"),
            ("attention.clamp_kqv", 8.0, "= 8.0 is not supported"),
            ("attention.max_alibi_bias", 8.0, "= 8.0 is not supported"),
            ("attention.scale", 0.5, "= 0.5 is not supported"),
            ("attention.value_length", 8, "is 8, but the keys of a head have 6 channels"),
            ("attn_logit_softcapping", 50.0, "= 50.0 is not supported"),
            ("final_logit_softcapping", 30.0, "= 30.0 is not supported"),
            ("logit_scale", 0.5, "= 0.5 is not supported"),
            ("residual_scale", 0.22, "= 0.22 is not supported"),
            ("embedding_scale", 12.0, "= 12.0 is not supported"),
            ("use_parallel_residual", True, "= true is not supported")):
        write({"llama." + key: value})
        yield f"llama.{key} " + message
    write({"general.type": "adapter"})
    yield 'general.type is "adapter"; only models can be imported'
    write({"split.count": 3})
    yield "one of 3 parts of a model"
    write({"tokenizer.ggml.model": "none", "tokenizer.ggml.bos_token_id": 29})
    yield "the BOS token has the id 29, which is outside of the vocabulary"


def tokenizer_errors(write):
    bpe = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": ["a", "b", "ab"],
           "tokenizer.ggml.merges": ["a b"], "tokenizer.ggml.eos_token_id": 2}
    for key, value, message in (
            ("pre", "odd", 'tokenizer.ggml.pre "odd" is unknown to llama.cpp and to Stator'),
            ("pre", "kimi-k2", 'tokenizer.ggml.pre "kimi-k2" is not supported: its way to split text'),
            ("pre", 2, "tokenizer.ggml.pre should be text"),
            ("token_type", [1], "tokenizer.ggml.token_type has 1 elements for 3 tokens"),
            ("token_type", ["1", "1", "1"], "tokenizer.ggml.token_type should be an array of numbers"),
            ("tokens", ["a", "a", "ab"], 'tokens 0 and 1 are the same text, "a"'),
            ("tokens", [1, 2], "tokenizer.ggml.tokens should be an array of texts"),
            ("tokens", None, "tokenizer.ggml.tokens is missing"),
            ("merges", None, "tokenizer.ggml.merges is missing"),
            ("merges", [1], "tokenizer.ggml.merges should be an array of texts"),
            ("merges", ["a c"], 'joins "a" and "c", but "c" is not in the vocabulary'),
            ("model", "bert", 'tokenizer.ggml.model "bert" is not supported; supported are gpt2 and llama'),
            ("model", None, "tokenizer.ggml.model is missing"),
            ("model", 1, "tokenizer.ggml.model should be text"),
            ("eos_token_id", 3, "tokenizer.ggml.eos_token_id is 3, which is outside of the vocabulary: ids are from 0 to 2"),
            ("bos_token_id", -1, "tokenizer.ggml.bos_token_id is -1, which is outside"),
            ("eot_token_id", 7, "tokenizer.ggml.eot_token_id is 7, which is outside"),
            ("unknown_token_id", 7, "tokenizer.ggml.unknown_token_id is 7, which is outside"),
            ("eos_token_id", "b", "tokenizer.ggml.eos_token_id should be the id of a token"),
            ("add_bos_token", 1, "tokenizer.ggml.add_bos_token should be true or false"),
            ("add_bos_token", True, "tokenizer.ggml.add_bos_token is true, but tokenizer.ggml.bos_token_id is missing")):
        changed = {k: v for k, v in dict(bpe, **{"tokenizer.ggml." + key: value}).items() if v is not None}
        write(changed)
        yield message
    write({"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ["<unk>", "a"],
           "tokenizer.ggml.scores": [0.0, float("nan")]})
    yield 'the score of token 1, "a", is not finite'


def main(folder):
    os.makedirs(folder, exist_ok=True)
    out = os.path.join(folder, "out")
    for number, (config, message) in enumerate(config_errors()):
        path = os.path.join(folder, "config.json")
        with open(path, "w") as file:
            json.dump(config, file)
        text = call("stator", "import", path, "-o", out, expect=1)
        if not any(m in text for m in message.split("|")) or not text.startswith("error: "):
            fail(f"config {number}: expected {message!r}, found\n{text}")
    for damaged, message in (("{", "line 1, column 2: the text ends too early"), ("[]", "llama2.c"), ("", "llama2.c"),
                             ('{"model_type": ' + "[" * 100000, "the text ends too early"),
                             ('{"a":' * 100000 + "1" + "}" * 100000, "model_type is missing"),
                             ('{"model_type": "\xff"}', "line 1, column 17: not valid UTF-8")):
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
    path = os.path.join(folder, "model.gguf")
    for number, message in enumerate(gguf_errors(path)):
        text = call("stator", "import", path, "-o", out, expect=1)
        if message not in text or not text.startswith("error: "):
            fail(f"GGUF {number}: expected {message!r}, found\n{text[:2000]}")
    if os.path.exists(out):
        fail("something was written")
    open(stories, "wb").write(good)
    call("stator", "import", stories, "-o", out)
    # Over what was imported before: nothing of that is left that a program would read.
    with open(os.path.join(out, "tokenizer.json"), "w") as file:
        file.write("{}")
    text = call("stator", "import", stories, "-o", out, expect=1)
    if out + " holds the tokenizer of something else: tokenizer.json" not in text:
        fail(text)
    os.remove(os.path.join(out, "tokenizer.json"))
    with open(os.path.join(out, "generation.json"), "w") as file:
        file.write('{"eos": [3]}')
    plain = {k: v for k, v in families.CASES["gpt2"].items() if not k.endswith("_token_id")}
    families.write_folder("gpt2", os.path.join(folder, "plain"), config=plain)
    call("stator", "import", os.path.join(folder, "plain"), "-o", out)
    if os.path.exists(os.path.join(out, "generation.json")):
        fail("the generation.json of another checkpoint was kept")
    # Which token ends a text is left to the tokenizer where the config does not say it.
    families.write_folder("gpt2", os.path.join(folder, "plain"), config=dict(plain, bos_token_id=3))
    call("stator", "import", os.path.join(folder, "plain"), "-o", out)
    with open(os.path.join(out, "generation.json")) as file:
        if json.load(file) != {"bos": 3}:
            fail("generation.json says what the config does not")
    # Places that cannot be written into.
    open(os.path.join(folder, "file"), "w").close()
    text = call("stator", "import", stories, "-o", os.path.join(folder, "file"), expect=1)
    if "it is not a folder" not in text:
        fail(text)
    families.write_folder("gpt2", os.path.join(folder, "gpt2"))
    text = call("stator", "import", os.path.join(folder, "gpt2"), "-o", os.path.join(folder, "gpt2"), expect=1)
    if "is the checkpoint itself" not in text:
        fail(text)
    for arguments, message in ((["x"], "-o is missing"), (["x", "y", "-o", "z"], "two paths"),
                               (["-o", "z"], "no checkpoint"), (["x", "-o", "z", "--to", "y"], "unknown argument '--to'")):
        text = call("stator", "import", *arguments, expect=2)
        if message not in text:
            fail(f"expected {message!r}, found\n{text}")
    print("all refused")


if __name__ == "__main__":
    main(sys.argv[1])
