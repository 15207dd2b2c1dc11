#include "runtime/core/Safetensors.h"
#include "tests/runtime/TestSupport.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::ElementsAre;

namespace {

class SafetensorsTest : public FolderTest {
protected:
  /// A file with \p Header and \p DataSize bytes of zeros.
  static void writeFile(const std::string &Header, size_t DataSize) {
    uint64_t Size = Header.size();
    std::string Text(reinterpret_cast<const char *>(&Size), sizeof Size);
    write("f", Text + Header + std::string(DataSize, '\0'));
  }
};

TEST_F(SafetensorsTest, ComesBack) {
  std::vector<float> Matrix = {1, 2, 3, 4, 5, -0.0f};
  float Scalar = 7;
  int32_t Ids[] = {1, -2};
  ASSERT_TRUE(writeSafetensors("f",
                               {{"matrix", "F32", {2, 3}, Matrix.data()},
                                {"none", "F32", {0, 4}, nullptr},
                                {"scalar", "F32", {}, &Scalar},
                                {"ids", "I32", {2}, Ids}},
                               {{"step", "3"}})
                  .ok());
  auto File = SafetensorsFile::open("f");
  ASSERT_TRUE(File.ok()) << File.status();
  EXPECT_EQ(File->entries().size(), 4u);
  EXPECT_EQ(File->metadata().at("step"), "3");
  ASSERT_NE(File->find("matrix"), nullptr);
  EXPECT_THAT(File->find("matrix")->Shape, ElementsAre(2, 3));
  std::vector<float> Back(6);
  ASSERT_TRUE(File->readFloats(*File->find("matrix"), Back.data()).ok());
  EXPECT_EQ(Back, Matrix);
  EXPECT_TRUE(std::signbit(Back[5]));
  ASSERT_TRUE(File->readFloats(*File->find("scalar"), Back.data()).ok());
  EXPECT_EQ(Back[0], 7);
  ASSERT_TRUE(File->readFloats(*File->find("none"), nullptr).ok());
  EXPECT_ERROR(File->readFloats(*File->find("ids"), Back.data()),
               "tensor ids is of I32");
  EXPECT_EQ(File->find("other"), nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(File->entries()[0].Bytes) % 8, 0u);
}

TEST_F(SafetensorsTest, ReadsHalves) {
  const uint16_t Halves[] = {0x3C00, 0xC000, 0x0001, 0x7C00, 0x7BFF, 0x8000};
  const uint16_t Brains[] = {0x3F80, 0xC000, 0x0001, 0x7F80, 0x7F7F, 0x8000};
  std::string Header =
      R"({"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},)"
      R"("b":{"dtype":"BF16","shape":[6],"data_offsets":[12,24]}})";
  writeFile(Header, 0);
  std::string Bytes = read("f");
  Bytes.append(reinterpret_cast<const char *>(Halves), 12);
  Bytes.append(reinterpret_cast<const char *>(Brains), 12);
  write("f", Bytes);
  auto File = SafetensorsFile::open("f");
  ASSERT_TRUE(File.ok()) << File.status();
  float Out[6];
  ASSERT_TRUE(File->readFloats(*File->find("h"), Out).ok());
  EXPECT_THAT(Out, ElementsAre(1.0f, -2.0f, 0x1p-24f, INFINITY, 65504.0f, 0));
  EXPECT_TRUE(std::signbit(Out[5]));
  ASSERT_TRUE(File->readFloats(*File->find("b"), Out).ok());
  EXPECT_THAT(Out,
              ElementsAre(1.0f, -2.0f, 0x1p-133f, INFINITY, 0x1.FEp127f, 0));
}

TEST_F(SafetensorsTest, DamagedHeadersAreErrors) {
  auto Expect = [](const std::string &Header, size_t Size,
                   const char *Message) {
    writeFile(Header, Size);
    EXPECT_ERROR(SafetensorsFile::open("f"), Message);
  };
  const std::string A =
      R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  writeFile("{" + A + "}", 8);
  ASSERT_TRUE(SafetensorsFile::open("f").ok());
  writeFile("{}", 0);
  ASSERT_TRUE(SafetensorsFile::open("f").ok());

  Expect("", 0, "its header is not a JSON object");
  Expect("[1]", 0, "its header is not a JSON object");
  Expect("{" + A, 8,
         "its header is not a JSON object: line 1, column 54: the text ends "
         "too early");
  Expect("{" + A + "} x", 8, "its header is not a JSON object");
  Expect("{\"\xff\":1}", 0,
         "its header is not a JSON object: line 1, column 3: not valid UTF-8");
  Expect("{" + A + "," + A + "}", 8, "\"a\" is there twice");
  Expect(
      R"({"a":{"dtype":"F32","dtype":"I32","shape":[2],"data_offsets":[0,8]}})",
      8, "\"dtype\" is there twice");
  Expect(R"({"a":3})", 0, "tensor a is not described by an object");
  Expect(R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8, "has no dtype");
  Expect(R"({"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8,
         "has the unknown dtype F31");
  Expect(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8, "has no shape");
  Expect(R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})", 8,
         "has no shape");
  Expect(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8,
         "has no shape of non-negative integers");
  Expect(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8,
         "has no shape of non-negative integers");
  Expect(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8,
         "has no pair of data_offsets");
  Expect(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8,
         "has data_offsets [8, 0]");
  Expect(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
         "beyond the 4 bytes of data");
  Expect(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8,
         "has 8 bytes of data, but F32[3] takes 12");
  Expect(
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
      0, "size overflows");
  Expect(
      R"({"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}})",
      0, "size overflows");
  Expect("{" + A + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
         12, "tensors a and b overlap");
  Expect("{" + A +
             R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}})",
         20, "a gap of 4 bytes before tensor b");
  Expect("{" + A + "}", 9, "its tensors take 8 bytes, but 9 are there");
  Expect(R"({"__metadata__":[1]})", 0, "__metadata__ is not an object");
  Expect(R"({"__metadata__":{"a":1}})", 0, "other than text, \"a\"");
  Expect(std::string(100000, '['), 0, "its header is not a JSON object");

  uint64_t Absurd = uint64_t(1) << 62;
  write("f", std::string(reinterpret_cast<const char *>(&Absurd), 8) + "{}");
  EXPECT_ERROR(SafetensorsFile::open("f"), "its header would have 46116860184");
  write("f", "");
  EXPECT_ERROR(SafetensorsFile::open("f"), "it has 0 bytes");
}

/// Neither a cut nor a changed byte may do anything but be found, or leave the
/// file valid; run under the sanitizers, this shows that nothing is read that
/// is not there.
TEST_F(SafetensorsTest, CutsAndFlipsNeverCrash) {
  std::vector<float> Values(24);
  ASSERT_TRUE(writeSafetensors("whole",
                               {{"h.0.weight", "F32", {4, 5}, Values.data()},
                                {"h.0.bias", "F32", {4}, Values.data()}},
                               {{"step", "3"}, {"seed", "1"}})
                  .ok());
  std::string Whole = read("whole");
  for (size_t Length = 0; Length < Whole.size(); ++Length) {
    write("f", Whole.substr(0, Length));
    EXPECT_ERROR(SafetensorsFile::open("f"), "f is not a valid safetensors");
  }
  write("f", Whole + "x");
  EXPECT_ERROR(SafetensorsFile::open("f"), "f is not a valid safetensors");

  uint64_t HeaderSize;
  std::memcpy(&HeaderSize, Whole.data(), sizeof HeaderSize);
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same every time
  std::mt19937 Random(1);
  int Valid = 0;
  for (int I = 0; I < 4000; ++I) {
    std::string Flipped = Whole;
    for (unsigned Flips = 1 + Random() % 3; Flips > 0; --Flips)
      Flipped[Random() % (8 + HeaderSize)] ^=
          static_cast<char>(1u << Random() % 8);
    write("f", Flipped);
    auto File = SafetensorsFile::open("f");
    if (!File.ok())
      continue;
    ++Valid;
    for (const SafetensorsEntry &Entry : File->entries()) {
      std::vector<float> Out(Entry.Elements);
      File->readFloats(Entry, Out.data()).IgnoreError();
    }
  }
  EXPECT_GT(Valid, 0) << "a letter of a name may change";
  EXPECT_LT(Valid, 2000);
}

} // namespace
