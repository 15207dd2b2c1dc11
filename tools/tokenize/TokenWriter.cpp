#include "tools/tokenize/TokenWriter.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Errors.h"
#include "runtime/core/MappedFile.h"
#include "runtime/core/StatusMacros.h"
#include <limits>

namespace stator::tokenize {

using namespace stator::runtime;

absl::StatusOr<int64_t> writeTokens(const Tokenizer &Coder,
                                    absl::string_view Text,
                                    EncodeOptions Options, DataFormat Format,
                                    const std::string &Output,
                                    absl::FunctionRef<void(double)> Progress) {
  STATOR_ASSIGN_OR_RETURN(AtomicFile File, AtomicFile::create(Output));
  int64_t Count = 0;
  absl::Status Written;
  std::string Bytes;
  STATOR_RETURN_IF_ERROR(Coder.encodeTo(
      Text, Options, [&](absl::Span<const int32_t> Ids, size_t Consumed) {
        if (!Written.ok())
          return;
        Bytes.clear();
        for (int32_t Id : Ids) {
          if (Format == DataFormat::Uint16 &&
              Id > std::numeric_limits<uint16_t>::max()) {
            Written = error("the text has the id ", Id,
                            ", which does not fit into --format uint16");
            return;
          }
          for (int Byte = 0; Byte < (Format == DataFormat::Uint16 ? 2 : 4);
               ++Byte)
            Bytes.push_back(static_cast<char>(Id >> (8 * Byte)));
        }
        Count += static_cast<int64_t>(Ids.size());
        Written = File.write(Bytes.data(), Bytes.size());
        Progress(Text.empty() ? 1.0
                              : static_cast<double>(Consumed) /
                                    static_cast<double>(Text.size()));
      }));
  STATOR_RETURN_IF_ERROR(Written);
  STATOR_RETURN_IF_ERROR(File.commit());
  return Count;
}

absl::StatusOr<std::vector<int32_t>> readTokens(const std::string &Path,
                                                DataFormat Format) {
  STATOR_ASSIGN_OR_RETURN(MappedFile File, MappedFile::open(Path));
  size_t Width = Format == DataFormat::Uint16 ? 2 : 4;
  if (File.size() % Width != 0)
    return error(Path, " has ", File.size(), " bytes, which is no multiple of ",
                 Width, ", the size of a token in --format ",
                 dataFormatName(Format));
  TokenView View(File.data(), static_cast<int>(Width),
                 static_cast<int64_t>(File.size() / Width));
  std::vector<int32_t> Result(static_cast<size_t>(View.size()));
  View.copy(0, View.size(), Result.data());
  STATOR_RETURN_IF_ERROR(File.checkUnchanged());
  for (size_t I = 0; I < Result.size(); ++I)
    if (Result[I] < 0)
      return error(Path, ": token ", I, " is ",
                   static_cast<uint32_t>(Result[I]),
                   ", which is no id\nhint: is --format right?");
  return Result;
}

} // namespace stator::tokenize
