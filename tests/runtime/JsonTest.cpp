// JSON as programs and people write it.

#include "runtime/core/Json.h"
#include "tests/runtime/TestSupport.h"
#include <cmath>

using namespace stator::runtime;
using namespace stator::runtime::testing;

namespace {

TEST(Json, ReadsTheNumbersThatPythonWrites) {
  auto Value = parseJson(
      R"({"a": NaN, "b": [Infinity, -Infinity, "NaN", "\"NaN"], "c": "#NaN",)"
      R"( "d": "\u0023#NaN", "NaN": {"e": NaN}, "f": -1.5})",
      "x.json");
  ASSERT_TRUE(Value.ok()) << Value.status();
  EXPECT_TRUE(std::isnan((*Value)["a"].get<double>()));
  EXPECT_EQ((*Value)["b"][0].get<double>(), HUGE_VAL);
  EXPECT_EQ((*Value)["b"][1].get<double>(), -HUGE_VAL);
  EXPECT_EQ((*Value)["b"][2], "NaN");
  EXPECT_EQ((*Value)["b"][3], "\"NaN");
  EXPECT_EQ((*Value)["c"], "#NaN");
  EXPECT_EQ((*Value)["d"], "##NaN");
  EXPECT_TRUE(std::isnan((*Value)["NaN"]["e"].get<double>()));
  EXPECT_EQ((*Value)["f"], -1.5);
}

TEST(Json, ReadsTextOfAllSystems) {
  for (const char *Text :
       {"{\"a\":\n1}\n", "{\"a\":\r\n1}\r\n", "{\"a\":\r1}\r",
        "\xEF\xBB\xBF{\"a\": 1}", "\xEF\xBB\xBF\r\n{\"a\": 1}\r\n"}) {
    auto Value = parseJson(Text, "x.json");
    ASSERT_TRUE(Value.ok()) << Value.status();
    EXPECT_EQ((*Value)["a"], 1) << Text;
  }
}

TEST(Json, SaysWhereItIsWrong) {
  EXPECT_ERROR(parseJson("{\"a\": 1,\n \"b\": ]", "x.json"),
               "x.json: line 2, column 7: not valid JSON: ");
  EXPECT_ERROR(parseJson("{\r\n\"a\": [NaN, NaN, x]}", "x.json"),
               "x.json: line 2, column 17: ");
  EXPECT_ERROR(parseJson("[\"\xC3\xA4\", x]", "x.json"), "line 1, column 7: ");
  EXPECT_ERROR(parseJson("\"ab\\ud83d cd\"", "p.jsonl", 7),
               "p.jsonl: line 7, column 10: a surrogate (\\ud800 to \\udfff) "
               "stands alone; a character beyond U+FFFF is written as a pair "
               "of them, such as \\ud83d\\ude00");
  EXPECT_ERROR(parseJson("\"\\udc00\"", "x.json"), "a surrogate");
  EXPECT_ERROR(parseJson("\"\xff\"", "x.json"), "not valid UTF-8");
  EXPECT_ERROR(parseJson("[1e999]", "x.json"), "a number is too large");
  EXPECT_ERROR(parseJson("{\"a\"", "x.json"), "the text ends too early");
  EXPECT_ERROR(parseJson("", "x.json"), "line 1, column 1: ");
  EXPECT_ERROR(parseJson("nan", "x.json"), "not valid JSON");
  EXPECT_ERROR(parseJson(std::string("\xFF\xFE{\0}\0", 6), "x.json"),
               "x.json is UTF-16 text; expected UTF-8");
  EXPECT_ERROR(parseJsonObject("[1]", "x.json"),
               "x.json: expected a JSON object");
}

} // namespace
