# Fused kernels, compiled in this process and compared with reference evaluation.
stator_unit_test(KernelsTest KernelsTest.cpp LINK StatorKernelJit StatorKernels StatorPasses
                 StatorInterpreter)
target_compile_definitions(KernelsTest PRIVATE
                           STATOR_KERNEL_CASES="${CMAKE_CURRENT_SOURCE_DIR}/kernels")
