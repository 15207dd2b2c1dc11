# Kernels of einsum and attention, compiled in this process and compared with plain loops.
find_library(STATOR_OPENMP omp PATHS ${STATOR_LLVM_PREFIX}/lib REQUIRED NO_DEFAULT_PATH)
stator_compiler_library(StatorKernelJit JitModule.cpp KernelJit.cpp LINK StatorContraction)
target_link_libraries(StatorKernelJit PUBLIC ${STATOR_OPENMP})
stator_unit_test(EinsumKernelTest EinsumKernelTest.cpp LINK StatorKernelJit)
stator_unit_test(AttentionKernelTest AttentionKernelTest.cpp LINK StatorKernelJit)
stator_unit_test(EmitMathTest EmitMathTest.cpp LINK StatorKernelJit)
