"""Writes a checkpoint of llama2.c with its tokenizer as a GGUF file, in the order of llama.cpp.
Usage: stories_gguf.py CHECKPOINT TOKENIZER OUT"""

import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "goldens"))
import gguf  # noqa: E402


def read_tokens(path):
    with open(path, "rb") as file:
        data = file.read()
    place, texts, scores = 4, [], []
    while place < len(data):
        score, size = struct.unpack_from("<fi", data, place)
        place += 8
        texts.append(data[place:place + size].decode())
        scores.append(score)
        place += size
    # run.c writes line ends around the special tokens and spaces as spaces.
    texts = ["<unk>", "<s>", "</s>"] + [t if t.startswith("<0x") else t.replace(" ", "\u2581") for t in texts[3:]]
    types = [2, 3, 3] + [6 if t.startswith("<0x") and t.endswith(">") else 1 for t in texts[3:]]
    return texts, scores, types


def main(checkpoint, tokenizer, out):
    with open(checkpoint, "rb") as file:
        width, hidden, layers, heads, kv_heads, vocab, context = struct.unpack("<7i", file.read(28))
        data = np.fromfile(file, "<f4")
    depth, place, tensors = width // heads, 0, {}

    def take(name, *shape):
        nonlocal place
        size = int(np.prod(shape))
        tensors[name] = ("F32", data[place:place + size].reshape(shape))
        place += size

    def take_all(name, *shape):
        for i in range(layers):
            take(f"blk.{i}.{name}.weight", *shape)

    take("token_embd.weight", vocab, width)
    take_all("attn_norm", width)
    take_all("attn_q", width, width)
    take_all("attn_k", depth * kv_heads, width)
    take_all("attn_v", depth * kv_heads, width)
    take_all("attn_output", width, width)
    take_all("ffn_norm", width)
    take_all("ffn_gate", hidden, width)
    take_all("ffn_down", width, hidden)
    take_all("ffn_up", hidden, width)
    take("output_norm.weight", width)
    texts, scores, types = read_tokens(tokenizer)
    gguf.write(out, {
        "general.architecture": "llama", "llama.context_length": context, "llama.embedding_length": width,
        "llama.block_count": layers, "llama.feed_forward_length": hidden, "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": kv_heads, "llama.rope.dimension_count": depth,
        "llama.attention.layer_norm_rms_epsilon": 1e-5, "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": texts, "tokenizer.ggml.scores": scores, "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True}, tensors)


if __name__ == "__main__":
    main(*sys.argv[1:])
