//===- LocationsTest.cpp - Module paths in locations ----------------------===//

#include "ir/Dialect.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace stator;

namespace {

class LocationsTest : public ::testing::Test {
protected:
  Location file(unsigned Line) {
    return FileLineColLoc::get(&Context, "gpt.stator", Line, 3);
  }
  Location name(StringRef Path, Location Child) {
    return NameLoc::get(StringAttr::get(&Context, Path), Child);
  }
  Location unknown() { return UnknownLoc::get(&Context); }

  MLIRContext Context;
};

TEST_F(LocationsTest, FindsThePath) {
  EXPECT_EQ(getPathOfLocation(name("h.3.attn", file(7))), "h.3.attn");
  EXPECT_EQ(getPathOfLocation(file(7)), "");
  EXPECT_EQ(getPathOfLocation(unknown()), "");
  EXPECT_EQ(getPathOfLocation(FusedLoc::get(
                &Context, {file(1), name("a", file(2)), name("b", file(3))})),
            "a");
  EXPECT_EQ(getPathOfLocation(
                CallSiteLoc::get(name("in", file(1)), name("out", file(2)))),
            "in");
  EXPECT_EQ(getPathOfLocation(CallSiteLoc::get(file(1), name("out", file(2)))),
            "out");
}

TEST_F(LocationsTest, FindsTheSource) {
  EXPECT_EQ(getSourceOfLocation(name("a", name("b", file(7)))), file(7));
  EXPECT_EQ(getSourceOfLocation(
                CallSiteLoc::get(name("in", file(1)), name("out", file(2)))),
            file(1));
  EXPECT_EQ(getSourceOfLocation(FusedLoc::get(&Context, {unknown(), file(4)})),
            file(4));
  EXPECT_FALSE(getSourceOfLocation(unknown()));
}

TEST_F(LocationsTest, NamesCotangentsOnce) {
  Location Forward = name("h.3.attn", file(7));
  Location Backward = getCotangentLoc(Forward);
  EXPECT_EQ(Backward, name("d(h.3.attn)", file(7)));
  EXPECT_EQ(getCotangentLoc(Backward), Backward);
  EXPECT_EQ(getCotangentLoc(file(7)), file(7));
  EXPECT_EQ(getCotangentLoc(name("x", unknown())), name("d(x)", unknown()));
}

TEST_F(LocationsTest, MakesNamesOfValues) {
  EXPECT_EQ(sanitizeValueName("h.3.attn.scores"), "h.3.attn.scores");
  EXPECT_EQ(sanitizeValueName("d(h.3.attn)"), "d_h.3.attn");
  EXPECT_EQ(sanitizeValueName("a b/c"), "a_b_c");
}

} // namespace
