#include "runtime/core/IndexChecks.h"
#include "absl/strings/string_view.h"
#include "runtime/core/Errors.h"

namespace stator::runtime {

absl::Status checkIndices(const StatorProgram &Program, const int64_t *Info) {
  const int64_t Word = Info[STATOR_INFO_BAD_INDEX];
  if (Word == 0)
    return absl::OkStatus();
  const int64_t Number = STATOR_BAD_INDEX_CHECK(Word);
  const int32_t Index = STATOR_BAD_INDEX_VALUE(Word);
  if (Number < 0 || Number >= Program.NumIndexChecks)
    return error("the program computed an index that is out of range: ", Index);
  const StatorIndexCheck &Check = Program.IndexChecks[Number];
  const absl::string_view Path = Check.Path, Source = Check.Source;
  std::string Where = absl::StrCat(Source, Source.empty() ? "" : ": ", Path,
                                   Path.empty() ? "" : ": ");
  if (Check.IsTarget)
    return error(Where, "target ", Index, " is outside a vocabulary of ",
                 Check.Bound,
                 "\nhint: targets are computed by the loss function of the "
                 "model; a negative target is ignored");
  return error(Where, "index ", Index, " is outside a table of ", Check.Bound,
               Check.Bound == 1 ? " row" : " rows",
               "\nhint: the index is computed by the model; it must be from 0 "
               "to ",
               Check.Bound - 1);
}

} // namespace stator::runtime
