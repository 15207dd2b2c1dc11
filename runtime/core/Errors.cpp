#include "runtime/core/Errors.h"
#include <cstring>

namespace stator::runtime {

absl::Status fileError(absl::string_view Action, absl::string_view Path,
                       int Errno) {
  return error("cannot ", Action, " ", Path, ": ", std::strerror(Errno));
}

} // namespace stator::runtime
