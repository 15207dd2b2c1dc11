//===- TensorStreams.cpp - One loop through many tensors ------------------===//

#include "codegen/kernels/TensorStreams.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include <algorithm>
#include <numeric>

using namespace mlir;

namespace stator {
namespace {

/// Elements of a segment: what is worth handing to a thread, or more where that
/// would make too many.
constexpr int64_t MinSegment = 1 << 13;
constexpr int64_t MaxSegments = 1 << 11;
/// Tensors are divided at multiples of this many elements, whole cache lines.
constexpr int64_t Granule = 16;

} // namespace

TensorStreams::TensorStreams(KernelEmitter &E, StringRef Name,
                             ArrayRef<int64_t> Sizes, Type Element)
    : E(E), Name(Name.str()), Element(Element), NumTensors(Sizes.size()) {
  divide(Sizes);
}

Value TensorStreams::createTable(StringRef What, ArrayRef<int64_t> Numbers) {
  auto Module = E.B.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  SymbolTable Symbols(Module);
  auto Type =
      MemRefType::get({static_cast<int64_t>(Numbers.size())}, E.B.getI64Type());
  auto Data = DenseElementsAttr::get(
      RankedTensorType::get(Type.getShape(), E.B.getI64Type()), Numbers);
  OpBuilder Globals(Module.getContext());
  auto Global = memref::GlobalOp::create(
      Globals, E.B.getLoc(), (Name + What).str(),
      Globals.getStringAttr("private"), Type, Data, /*constant=*/true,
      Globals.getI64IntegerAttr(64));
  Symbols.insert(Global, Module.getBody()->begin());
  return memref::GetGlobalOp::create(E.B, Type, Global.getSymName());
}

void TensorStreams::divide(ArrayRef<int64_t> Sizes) {
  int64_t Total = std::accumulate(Sizes.begin(), Sizes.end(), int64_t(0));
  int64_t Segment = MinSegment;
  while (Total / Segment >= MaxSegments)
    Segment *= 2;

  SmallVector<int64_t> First{0}, Tensor, Start, End;
  int64_t Room = Segment;
  for (auto [I, Size] : llvm::enumerate(Sizes)) {
    for (int64_t From = 0; From < Size;) {
      if (Room == 0) {
        First.push_back(Tensor.size());
        Room = Segment;
      }
      int64_t To = std::min(Size, From + Room);
      Tensor.push_back(I);
      Start.push_back(From);
      End.push_back(To);
      Room -= To - From;
      From = To;
    }
    // So that the next one is divided at whole lines too.
    Room = Room / Granule * Granule;
  }
  First.push_back(Tensor.size());
  NumSegments = First.size() - 1;

  FirstPieces = createTable(".segments", First);
  Tensors = createTable(".tensors", Tensor);
  Starts = createTable(".starts", Start);
  Ends = createTable(".ends", End);
}

void TensorStreams::addStream(ArrayRef<int64_t> Arguments) {
  if (E.Table) {
    Pointers.push_back(createTable(".arguments", Arguments));
    return;
  }
  Value Table = E.createBuffer(E.B.getIndexType(), NumTensors);
  for (auto [I, Argument] : llvm::enumerate(Arguments))
    E.store(memref::ExtractAlignedPointerAsIndexOp::create(
                E.B, E.getArgumentMemory(Argument)),
            Table, E.getConstantIndex(I));
  Pointers.push_back(Table);
}

Value TensorStreams::loadTable(Value Table, Value Index) {
  return arith::IndexCastOp::create(E.B, E.B.getIndexType(),
                                    memref::LoadOp::create(E.B, Table, Index));
}

void TensorStreams::forEach(function_ref<Carried()> Start, ElementBody Body,
                            SegmentEnd End) {
  const int64_t Lanes = E.Target.getF32Lanes();
  Type Pointer = LLVM::LLVMPointerType::get(E.B.getContext());
  Type I64 = E.B.getI64Type();

  LaneIndex Segment = E.getUniform(E.openParallel(NumSegments));
  Value FirstPiece = loadTable(FirstPieces, Segment.Base);
  Value LastPiece = loadTable(FirstPieces, E.add(Segment, 1).Base);
  auto Get = [](scf::ForOp Loop) { return Carried(Loop.getRegionIterArgs()); };

  scf::ForOp Pieces = E.openFor(FirstPiece, LastPiece, 1, Start());
  Value Piece = Pieces.getInductionVar();
  Value Tensor = loadTable(Tensors, Piece);
  Value From = loadTable(Starts, Piece), To = loadTable(Ends, Piece);
  SmallVector<Value> Bases;
  for (Value Table : Pointers) {
    Value Number =
        E.Table ? memref::LoadOp::create(E.B, E.Table, loadTable(Table, Tensor))
                : memref::LoadOp::create(E.B, Table, Tensor);
    Number = arith::IndexCastOp::create(E.B, I64, Number);
    Bases.push_back(LLVM::IntToPtrOp::create(E.B, Pointer, Number));
  }
  Value Whole = arith::SubIOp::create(
      E.B, To,
      arith::RemUIOp::create(E.B, arith::SubIOp::create(E.B, To, From),
                             E.getConstant(Lanes)));
  auto Loop = [&](Value From, Value To, int64_t Width, const Carried &Before) {
    scf::ForOp Elements = E.openFor(From, To, Width, Before);
    E.Width = Width;
    Value Index =
        arith::IndexCastOp::create(E.B, I64, Elements.getInductionVar());
    SmallVector<Value> Addresses;
    for (Value Base : Bases)
      Addresses.push_back(
          LLVM::GEPOp::create(E.B, Pointer, Element, Base, ValueRange{Index}));
    Carried After = Body(Addresses, Get(Elements));
    E.Width = 1;
    E.close(After);
    return Carried(Elements.getResults());
  };
  Carried Values = Get(Pieces);
  if (Lanes > 1)
    Values = Loop(From, Whole, Lanes, Values);
  Values = Loop(Lanes > 1 ? Whole : From, To, 1, Values);
  E.close(Values);
  End(Segment, Carried(Pieces.getResults()));
  E.close();
}

Value TensorStreams::load(Value Address) {
  Type Type = E.Width == 1 ? Element : VectorType::get({E.Width}, Element);
  return LLVM::LoadOp::create(E.B, Type, Address,
                              Element.getIntOrFloatBitWidth() / 8);
}

void TensorStreams::store(Value Elements, Value Address) {
  LLVM::StoreOp::create(E.B, E.splat(Elements), Address,
                        Element.getIntOrFloatBitWidth() / 8);
}

} // namespace stator
