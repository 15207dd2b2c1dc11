#include "runtime/core/Finite.h"
#include "runtime/core/Errors.h"
#include "runtime/core/Format.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace stator::runtime {

std::optional<int64_t> findBeyond(const float *Values, int64_t Count,
                                  uint32_t Limit) {
  constexpr int64_t Portion = 4096; // fits a cache; its loop is one of vectors
  auto BitsOf = [&](int64_t I) {
    uint32_t Bits;
    std::memcpy(&Bits, Values + I, sizeof Bits);
    return Bits & 0x7FFFFFFFu;
  };
  for (int64_t Begin = 0; Begin < Count; Begin += Portion) {
    int64_t End = std::min(Begin + Portion, Count);
    uint32_t Largest = 0;
    for (int64_t I = Begin; I < End; ++I)
      Largest = std::max(Largest, BitsOf(I));
    for (int64_t I = Begin; Largest >= Limit && I < End; ++I)
      if (BitsOf(I) >= Limit)
        return I;
  }
  return std::nullopt;
}

absl::Status checkLogits(const float *Logits, int64_t Count,
                         absl::string_view Where) {
  std::optional<int64_t> Id = findBeyond(Logits, Count);
  if (!Id)
    return absl::OkStatus();
  return error(Where, ": the logit of token ", *Id, " is ", Logits[*Id],
               "; logits must be finite\n"
               "hint: a computation overflowed: some weights are too large for "
               "this model and weight type. A model that masks logits should "
               "use a large negative number such as -1e30, not -infinity");
}

absl::Status wrongValue(absl::string_view Path, absl::string_view Name,
                        const std::vector<int64_t> &Shape, uint64_t Element,
                        float Value) {
  std::vector<int64_t> Index(Shape.size());
  for (size_t I = Shape.size(); I-- > 0;) {
    auto Size = static_cast<uint64_t>(Shape[I]);
    Index[I] = static_cast<int64_t>(Element % Size);
    Element /= Size;
  }
  std::string Place =
      formatShape(Index.data(), static_cast<int64_t>(Index.size()));
  if (std::isfinite(Value))
    return error(Path, ": tensor ", Name, ": the value at ", Place, " is ",
                 Value,
                 ", which becomes infinite in bf16\n"
                 "hint: compile the model with --weight-type f32");
  return error(Path, ": tensor ", Name, ": the value at ", Place, " is ", Value,
               "; weights must be finite");
}

} // namespace stator::runtime
