// Texts that tokenizers stumble over, the same in every run.

function randomFrom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// First and last code points of scripts, symbols and oddities.
const RANGES = [
  [0x20, 0x7e], [0xa0, 0xff], [0x100, 0x24f], [0x250, 0x2af], [0x2b0, 0x2ff], [0x300, 0x36f], [0x370, 0x3ff],
  [0x400, 0x52f], [0x530, 0x58f], [0x590, 0x5ff], [0x600, 0x6ff], [0x700, 0x74f], [0x780, 0x7bf], [0x900, 0x97f],
  [0x980, 0x9ff], [0xa00, 0xa7f], [0xa80, 0xaff], [0xb80, 0xbff], [0xc00, 0xc7f], [0xc80, 0xcff], [0xd00, 0xd7f],
  [0xd80, 0xdff], [0xe00, 0xe7f], [0xe80, 0xeff], [0xf00, 0xfff], [0x1000, 0x109f], [0x10a0, 0x10ff],
  [0x1100, 0x11ff], [0x1200, 0x137f], [0x13a0, 0x13ff], [0x1780, 0x17ff], [0x1800, 0x18af], [0x1ab0, 0x1aff],
  [0x1e00, 0x1fff], [0x2000, 0x206f], [0x2070, 0x209f], [0x20a0, 0x20cf], [0x20d0, 0x20ff], [0x2100, 0x218f],
  [0x2190, 0x22ff], [0x2300, 0x23ff], [0x2460, 0x24ff], [0x2500, 0x25ff], [0x2600, 0x27bf], [0x3000, 0x303f],
  [0x3040, 0x30ff], [0x3100, 0x312f], [0x3200, 0x33ff], [0x4e00, 0x9fff], [0xa000, 0xa48f], [0xa720, 0xa7ff],
  [0xac00, 0xd7a3], [0xe000, 0xe010], [0xf900, 0xfaff], [0xfb00, 0xfdff], [0xfe00, 0xfe0f], [0xfe20, 0xfeff],
  [0xff00, 0xffff], [0x10000, 0x100ff], [0x10300, 0x1034f], [0x10400, 0x1044f], [0x12000, 0x120ff],
  [0x13000, 0x130ff], [0x1d100, 0x1d1ff], [0x1d400, 0x1d7ff], [0x1e900, 0x1e95f], [0x1f000, 0x1faff],
  [0x1fbf0, 0x1fbf9], [0x20000, 0x2a6df], [0x30000, 0x3134f], [0xe0000, 0xe007f], [0xf0000, 0xf0010],
  [0x10fff0, 0x10ffff],
];
const WORDS = [
  "the", "Hello", "world", "It's", "I'll", "they're", "we've", "he'd", "can't", "I'M", "DON'T", "x'S", "'ſ",
  "o’clock", "naïve", "cafe\u0301", "Ångström", "A\u030angstro\u0308m", "ﬁne", "ŒUVRE", "straße", "İstanbul",
  "Привет", "мир", "Ελληνικά", "שלום", "שָׁלוֹם", "مرحبا", "مَرْحَبًا", "नमस्ते", "क्षि", "தமிழ்", "ไทย", "ภาษาไทย",
  "ខ្មែរ", "မြန်မာ", "བོད་", "አማርኛ", "ᏣᎳᎩ", "日本語", "テスト", "ｶﾞ", "か\u3099", "漢字仮名", "中文", "한국어",
  "\u1112\u1161\u11ab", "Việt", "Vie\u0323\u0302t", "camelCase", "HTTPServer", "snake_case", "x1y2", "getURLFor2",
  "ǅungla", "ʰa", "Ⅷ", "½", "²³", "٣٤٥", "१२३", "𝟘𝟙", "①②", "1234567890", "3.14159", "1,000,000", "0x1F", "1e-9",
];
const EMOJI = [
  "😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "1️⃣", "🧑🏿‍🚀", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
  "☃", "♥\ufe0e", "👁️‍🗨️", "\u200d", "\ufe0f", "🏽",
];
const SPACES = [
  " ", " ", " ", "  ", "   ", "    ", "        ", "\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r", "\t", "\t\t", " \n",
  "\n ", " \t ", "\u00a0", "\u3000", "\u2009", "\u1680", "\u2028", "\u2029", "\u0085", "\v", "\f", "\u180e", "\u200b",
  "\ufeff", "\u202f", "\u205f", "\u001c", "\u001f", "▁", "▁▁", " ▁",
];
const SIGNS = [
  ".", ",", "!", "?", "...", "!!!", "?!", "'", '"', "`", "```", "--", "—", "-", "_", "__", "/", "//", "\\", "|", "(",
  ")", "[]", "{}", "<", ">", "</", "=>", "->", "==", "!=", "&&", "||", "+=", "#", "##", "$", "€", "£", "%", "^", "&",
  "*", "**", "~", "@", ":", ";", "::", "«", "»", "„", "“", "”", "’", "。", "、", "！", "·", "§", "©", "™", "°", "±",
];
const CODE = [
  "def f(x):\n    return x ** 2\n", "for (int i = 0; i < n; ++i) {\n\ta[i] += b[i];\n}\n", "<div class=\"a\">it's</div>",
  "SELECT * FROM t WHERE a='b';\n", "#include <stdio.h>\r\n", "if x:\n\n\n        pass\n", "{\"k\": [1, 2.5e-3, null]}",
  "$ ls -la | grep '^d' > /dev/null\n", "\\frac{1}{2}\\sum_{i=0}^{n}", "https://example.com/a?b=c&d=%20#e",
  "let s = `a${b}c`; // x\n", "| a | b |\n|---|---|\n",
];
const CONTROLS = ["\0", "\x01", "\x07", "\b", "\x1b[0m", "\x7f", "\x80", "\x9f", "\ufffe", "\uffff", "\ufffd"];

/** Texts of many kinds, about `bytes` of UTF-8 together; `names` are those of special tokens. */
export function mixedTexts(bytes, names, seed = 1) {
  const random = randomFrom(seed);
  const below = (n) => Math.floor(random() * n);
  const one = (list) => list[below(list.length)];
  const character = ([first, last]) => String.fromCodePoint(first + below(last - first + 1));
  const repeated = () => one(["a", " ", "\n", "\t", "0", "=", "-", "é", "中", "😀", "\u0301", "▁"]).repeat(1 + below(70));
  const kinds = [
    () => one(WORDS), () => one(WORDS), () => one(WORDS).toUpperCase(), () => one(SPACES), () => one(SPACES),
    () => one(SIGNS), () => one(EMOJI), () => one(CODE), () => one(CONTROLS), repeated,
    () => String(below(10 ** (1 + below(12)))),
    () => { const range = one(RANGES); return Array.from({ length: 1 + below(8) }, () => character(range)).join(""); },
    () => one(WORDS) + character([0x300, 0x36f]),
    () => "'" + one(["s", "S", "t", "re", "RE", "ve", "m", "ll", "LL", "d", "x", "ſ"]),
  ];
  if (names.length)
    kinds.push(() => { const name = one(names); return random() < 0.8 ? name : name.slice(0, 1 + below(name.length)); });
  const texts = [];
  for (let total = 0; total < bytes;) {
    // A text is of few kinds, so that some are mostly of one.
    const here = Array.from({ length: 1 + below(6) }, () => one(kinds));
    let text = "";
    for (let count = 1 + below(random() < 0.1 ? 400 : 30); count > 0; --count)
      text += one(here)() + (random() < 0.5 ? one(SPACES) : "");
    text = text.toWellFormed();
    total += Buffer.byteLength(text);
    texts.push(text);
  }
  return texts;
}

/** `point` where it could matter: between letters, in front of others, among marks that are put in order. */
export function around(point) {
  const c = String.fromCodePoint(point);
  return `a${c}b ${c}1${c}.x\u0315${c}\u0334\n`;
}

/** All code points that may have a character, in blocks. */
export function* blocksOfCharacters(size) {
  for (let first = 0; first < 0x110000; first += size) {
    // Behind the ideographs there are tags, variation selectors and private use alone.
    const isRare = first >= 0x33600 && first % 0x10000 >= 0x200;
    if (!isRare && (first < 0xd800 || first >= 0xe000)) yield Array.from({ length: size }, (_, i) => first + i);
  }
}

/** The texts of llama.cpp's test vectors. */
export function vectorTexts(contents) {
  return contents.split("\n__ggml_vocab_test__\n").filter((text) => text.length);
}
