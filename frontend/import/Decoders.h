//===- Decoders.h - What most families have in common -----------*- C++ -*-===//

#ifndef STATOR_FRONTEND_IMPORT_DECODERS_H
#define STATOR_FRONTEND_IMPORT_DECODERS_H

#include "frontend/import/Families.h"
#include "frontend/import/ModelText.h"
#include <optional>

namespace stator {

struct DecoderSizes {
  int64_t Width = 0, Heads = 0, KvHeads = 0, Context = 0;
};

/// Reads and writes the sizes as most configs call them: of the vocabulary, the
/// context, the layers, the heads (of keys and values too if `Grouped`), the
/// width and the feed-forward layer. There are `DefaultKvHeads` of the former,
/// or as many as of queries, where the config does not say it.
DecoderSizes
describeSizes(ConfigReader &Config, ModelText &Text, int64_t DefaultContext,
              bool Grouped,
              std::optional<int64_t> DefaultKvHeads = std::nullopt);

/// The description of a model file whose parts are called `model` and
/// `lm_head`, with rotary positions.
ModelDescription describeDecoder(std::string Text, const DecoderSizes &Sizes,
                                 bool Tied);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_DECODERS_H
