//===- ModelText.h - Writing model files ------------------------*- C++ -*-===//
//
// A model file is a heading, the config values with what they are, and the
// modules, which come from a template: the text of the whole family, in which
// some lines depend on what the config says.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_FRONTEND_IMPORT_MODELTEXT_H
#define STATOR_FRONTEND_IMPORT_MODELTEXT_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <cstdint>
#include <string>
#include <vector>

namespace stator {

class ModelText {
public:
  /// The first paragraph, without comment signs; it is wrapped.
  void heading(llvm::StringRef Paragraph);

  /// A value of the config block with a remark.
  void size(llvm::StringRef Name, int64_t Value, llvm::StringRef Remark = "");
  void number(llvm::StringRef Name, double Value, llvm::StringRef Remark = "");

  /// What the template's conditions ask for.
  void flag(llvm::StringRef Name, bool Value);
  /// What `$name` stands for in its lines.
  void text(llvm::StringRef Name, llvm::StringRef Value);

  /// The whole file. A line of `Template` that begins with `{a,!b}` is there
  /// only if flag a is set and b is not; `$name` stands for a text. A name that
  /// nobody set counts as not set.
  std::string write(llvm::StringRef Template) const;

private:
  struct Entry {
    std::string Name, Value, Remark;
  };
  std::string expand(llvm::StringRef Template) const;

  std::string Heading;
  std::vector<Entry> Config;
  llvm::StringSet<> Flags;
  llvm::StringMap<std::string> Texts;
};

/// A float as the language writes it, with the fewest digits that read back as
/// the same.
std::string formatNumber(double Value);

} // namespace stator

#endif // STATOR_FRONTEND_IMPORT_MODELTEXT_H
