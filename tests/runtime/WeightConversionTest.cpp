#include "runtime/core/WeightConversion.h"
#include "runtime/core/HalfFloat.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace stator::runtime {
namespace {

/// A matrix in a file, its place in the state, and room for it.
struct Matrix {
  std::vector<float> InFile;
  SafetensorsEntry Entry;
  int64_t Shape[2], ScaleShape[2];
  StatorTensor Tensor{}, Scales{};
  std::vector<uint8_t> State;
  std::vector<WeightCopy> Copies;

  Matrix(int64_t Rows, int64_t Columns, int32_t Type, int32_t Layout)
      : Shape{Rows, Columns}, ScaleShape{Rows, (Columns + 31) / 32} {
    std::mt19937 Random(5);
    std::normal_distribution<float> Normal;
    InFile.resize(static_cast<size_t>(Rows * Columns));
    for (float &Value : InFile)
      Value = Normal(Random);
    Entry.Dtype = "F32";
    Entry.Bytes = reinterpret_cast<const uint8_t *>(InFile.data());
    Tensor.Name = "w";
    Tensor.Shape = Shape;
    Tensor.Rank = 2;
    Tensor.Elements = InFile.size();
    Tensor.Type = Type;
    Tensor.Layout = Layout;
    Scales.Name = "w.scale";
    Scales.Shape = ScaleShape;
    Scales.Rank = 2;
    Scales.Role = STATOR_ROLE_SCALE;
    Scales.Offset = (4 * InFile.size() + 63) / 64 * 64;
    State.resize(Scales.Offset + 4 * Rows * ScaleShape[1], 0xEE);
  }

  std::optional<WrongWeight> convert() {
    Copies = {{&Tensor, &Entry, &Scales}};
    return convertWeights(Copies, State.data());
  }
  /// What the file has for element (Row, Column) of the state.
  float expected(int64_t Row, int64_t Column) const {
    return Tensor.Layout == STATOR_LAYOUT_TRANSPOSED
               ? InFile[Column * Shape[0] + Row]
               : InFile[Row * Shape[1] + Column];
  }
  template <typename T> T at(uint64_t Offset, int64_t Index) const {
    T Value;
    std::memcpy(&Value, State.data() + Offset + Index * sizeof(T), sizeof(T));
    return Value;
  }
};

TEST(WeightConversionTest, RoundsToTheNearestBrainFloat) {
  EXPECT_EQ(brainOfFloat(1.0f), 0x3F80);
  EXPECT_EQ(brainOfFloat(-2.0f), 0xC000);
  EXPECT_EQ(brainOfFloat(floatOfBits(0x3F808000)), 0x3F80); // ties to even
  EXPECT_EQ(brainOfFloat(floatOfBits(0x3F818000)), 0x3F82);
  EXPECT_EQ(brainOfFloat(floatOfBits(0x3F808001)), 0x3F81);
  EXPECT_EQ(brainOfFloat(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_TRUE(std::isnan(floatOfBrain(brainOfFloat(floatOfBits(0x7F800001)))));
}

TEST(WeightConversionTest, TransposesOnTheWay) {
  for (int32_t Layout : {STATOR_LAYOUT_PLAIN, STATOR_LAYOUT_TRANSPOSED}) {
    Matrix M(701, 515, STATOR_TYPE_F32, Layout);
    EXPECT_FALSE(M.convert());
    for (int64_t I = 0; I < 701 * 515; ++I)
      ASSERT_EQ(M.at<float>(0, I), M.expected(I / 515, I % 515)) << I;
  }
}

TEST(WeightConversionTest, MakesBrainFloats) {
  Matrix M(37, 70, STATOR_TYPE_BF16, STATOR_LAYOUT_TRANSPOSED);
  EXPECT_FALSE(M.convert());
  for (int64_t I = 0; I < 37 * 70; ++I)
    ASSERT_EQ(M.at<uint16_t>(0, I), brainOfFloat(M.expected(I / 70, I % 70)));
}

TEST(WeightConversionTest, ScalesBlocksOfARow) {
  for (int32_t Layout : {STATOR_LAYOUT_PLAIN, STATOR_LAYOUT_TRANSPOSED}) {
    constexpr int64_t Rows = 41, Columns = 77, Blocks = 3;
    Matrix M(Rows, Columns, STATOR_TYPE_INT8, Layout);
    for (int64_t I = 0; I < 32; ++I) // a block of zeros
      M.InFile[Layout == STATOR_LAYOUT_TRANSPOSED ? I * Rows : I] = 0;
    EXPECT_FALSE(M.convert());
    for (int64_t Row = 0; Row < Rows; ++Row)
      for (int64_t Block = 0; Block < Blocks; ++Block) {
        float Scale = M.at<float>(M.Scales.Offset, Row * Blocks + Block);
        float Largest = 0;
        int Most = 0;
        for (int64_t C = 32 * Block; C < std::min(32 * Block + 32, Columns);
             ++C) {
          float Value = M.expected(Row, C);
          int8_t Number = M.at<int8_t>(0, Row * Columns + C);
          Largest = std::max(Largest, std::fabs(Value));
          Most = std::max(Most, std::abs(int(Number)));
          ASSERT_NEAR(Number * Scale, Value, 0.5001f * Scale);
        }
        ASSERT_FLOAT_EQ(Scale, Largest / 127);
        ASSERT_EQ(Most, Largest > 0 ? 127 : 0);
      }
  }
}

TEST(WeightConversionTest, NamesWhatIsNotFinite) {
  constexpr float Infinity = std::numeric_limits<float>::infinity();
  for (int32_t Type : {STATOR_TYPE_F32, STATOR_TYPE_BF16, STATOR_TYPE_INT8})
    for (int32_t Layout : {STATOR_LAYOUT_PLAIN, STATOR_LAYOUT_TRANSPOSED})
      for (float Value :
           {Infinity, -Infinity, std::numeric_limits<float>::quiet_NaN()}) {
        Matrix M(40, 30, Type, Layout);
        M.InFile[1134] = Value;
        std::optional<WrongWeight> Wrong = M.convert();
        ASSERT_TRUE(Wrong);
        EXPECT_EQ(Wrong->Copy->To, &M.Tensor);
        EXPECT_EQ(Wrong->Element, 1134u);
        EXPECT_EQ(std::isnan(Wrong->Value), std::isnan(Value));
      }
}

TEST(WeightConversionTest, NamesWhatBecomesInfiniteInBrainFloat) {
  const float Largest = floatOfBits(0x7F7F7FFF),
              Beyond = floatOfBits(0x7F7F8000);
  for (int32_t Type : {STATOR_TYPE_F32, STATOR_TYPE_BF16, STATOR_TYPE_INT8}) {
    Matrix M(40, 30, Type, STATOR_LAYOUT_PLAIN);
    M.InFile[7] = Largest;
    EXPECT_FALSE(M.convert());
    M.InFile[8] = -Beyond;
    std::optional<WrongWeight> Wrong = M.convert();
    ASSERT_EQ(Wrong.has_value(), Type == STATOR_TYPE_BF16);
    if (Wrong) {
      EXPECT_EQ(Wrong->Element, 8u);
      EXPECT_EQ(Wrong->Value, -Beyond);
    }
  }
}

} // namespace
} // namespace stator::runtime
