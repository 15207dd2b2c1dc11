//===- OneDnn.h - A matrix product by oneDNN --------------------*- C++ -*-===//
//
// oneDNN with its right operand in the layout that it prefers, packed before
// time is taken. Where it is not installed, IsThere says so.
//
//===----------------------------------------------------------------------===//

#ifndef STATOR_TESTS_BENCHMARKS_ONEDNN_H
#define STATOR_TESTS_BENCHMARKS_ONEDNN_H

#include <cstdint>
#include <cstdlib>

#ifdef STATOR_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>
#endif

namespace stator::test {

#ifdef STATOR_HAS_ONEDNN

class OneDnnMatmul {
public:
  static constexpr bool IsThere = true;

  /// Result[M, N] = Lhs[M, K] * Rhs[K, N], each of the operands row-major or,
  /// if it is transposed, column-major.
  OneDnnMatmul(int64_t M, int64_t K, int64_t N, bool TransposedLhs,
               bool TransposedRhs)
      : Engine(dnnl::engine::kind::cpu, 0), Stream(Engine),
        Lhs({M, K}, Type, TransposedLhs ? Tag::ba : Tag::ab),
        Rhs({K, N}, Type, TransposedRhs ? Tag::ba : Tag::ab),
        Result({M, N}, Type, Tag::ab),
        Description(
            dnnl::matmul::desc(Lhs, dnnl::memory::desc({K, N}, Type, Tag::any),
                               Result),
            Engine),
        Primitive(Description) {}

  /// Packs one more right operand.
  void addWeights(float *Weights) {
    dnnl::memory Source(Rhs, Engine, Weights);
    Packed.emplace_back(Description.weights_desc(), Engine);
    dnnl::reorder(Source, Packed.back()).execute(Stream, Source, Packed.back());
    Stream.wait();
  }

  void run(float *LhsData, int64_t Weights, float *ResultData) {
    Primitive.execute(
        Stream, {{DNNL_ARG_SRC, dnnl::memory(Lhs, Engine, LhsData)},
                 {DNNL_ARG_WEIGHTS, Packed[static_cast<size_t>(Weights)]},
                 {DNNL_ARG_DST, dnnl::memory(Result, Engine, ResultData)}});
    Stream.wait();
  }

private:
  using Tag = dnnl::memory::format_tag;
  static constexpr auto Type = dnnl::memory::data_type::f32;

  dnnl::engine Engine;
  dnnl::stream Stream;
  dnnl::memory::desc Lhs, Rhs, Result;
  dnnl::matmul::primitive_desc Description;
  dnnl::matmul Primitive;
  std::vector<dnnl::memory> Packed;
};

#else

class OneDnnMatmul {
public:
  static constexpr bool IsThere = false;
  OneDnnMatmul(int64_t, int64_t, int64_t, bool, bool) {}
  void addWeights(float *) { std::abort(); }
  void run(float *, int64_t, float *) { std::abort(); }
};

#endif

} // namespace stator::test

#endif // STATOR_TESTS_BENCHMARKS_ONEDNN_H
