# The kinds of target in Stator, so that every folder declares its own in one line.
#
# Headers of MLIR, Abseil and GoogleTest are precompiled once for each kind: reading them takes most
# of the time to compile a file. A file with compile options of its own cannot use them and gets the
# property SKIP_PRECOMPILE_HEADERS.

# stator_compiler_options(TARGET): how code on MLIR and LLVM is compiled: as they are, without exceptions and RTTI.
function(stator_compiler_options name)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
endfunction()

# stator_precompile(NAME HEADER): an empty library that owns a precompiled header.
function(stator_precompile name header)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "// Empty: ${name} is a precompiled header.\n")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/${header})
endfunction()

# stator_compiler_library(NAME sources... LINK libs...): a part of the compiler.
function(stator_compiler_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  if(NOT TARGET stator_compiler_headers)
    stator_precompile(stator_compiler_headers ir/Precompiled.h)
    stator_compiler_options(stator_compiler_headers)
    add_dependencies(stator_compiler_headers StatorIRIncGen)
  endif()
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  stator_compiler_options(${name})
  target_precompile_headers(${name} REUSE_FROM stator_compiler_headers)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
endfunction()

# stator_runtime_library(NAME sources... LINK libs...): code that is linked into
# compiled programs; no LLVM, no MLIR.
function(stator_runtime_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  if(NOT TARGET stator_runtime_headers)
    stator_precompile(stator_runtime_headers runtime/core/Precompiled.h)
    target_include_directories(stator_runtime_headers PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(stator_runtime_headers PRIVATE absl::str_format nlohmann_json::nlohmann_json)
  endif()
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_precompile_headers(${name} REUSE_FROM stator_runtime_headers)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# stator_add_test(NAME sources... HEADERS target LINK libs...): what the two kinds of test share. Each
# test runs in a folder of its own under the build tree.
function(stator_add_test name)
  cmake_parse_arguments(ARG "" "HEADERS" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  stator_test_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM ${ARG_HEADERS})
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  file(MAKE_DIRECTORY ${folder})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${folder})
  set_tests_properties(${name} PROPERTIES LABELS unit ENVIRONMENT "${STATOR_TEST_ENVIRONMENT}")
endfunction()

# stator_test_options(TARGET): how all tests are compiled.
function(stator_test_options name)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # A test runs seldom, and little of it is its own code.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  # As libraries, so that one precompiled header serves.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
endfunction()

# stator_compiler_test(NAME sources... LINK libs...): a GoogleTest executable for a part of the compiler.
function(stator_compiler_test name)
  if(NOT TARGET stator_compiler_test_headers)
    stator_precompile(stator_compiler_test_headers tests/CompilerPrecompiled.h)
    stator_test_options(stator_compiler_test_headers)
    stator_compiler_options(stator_compiler_test_headers)
    target_link_libraries(stator_compiler_test_headers PRIVATE GTest::gtest GTest::gmock)
    add_dependencies(stator_compiler_test_headers StatorIRIncGen)
  endif()
  stator_add_test(${name} ${ARGN} HEADERS stator_compiler_test_headers)
  stator_compiler_options(${name})
endfunction()

# stator_runtime_test(NAME sources... LINK libs...): a GoogleTest executable for a part of the runtime.
function(stator_runtime_test name)
  if(NOT TARGET stator_runtime_test_headers)
    stator_precompile(stator_runtime_test_headers tests/RuntimePrecompiled.h)
    stator_test_options(stator_runtime_test_headers)
    target_link_libraries(stator_runtime_test_headers PRIVATE
                          absl::str_format nlohmann_json::nlohmann_json GTest::gtest GTest::gmock)
  endif()
  stator_add_test(${name} ${ARGN} HEADERS stator_runtime_test_headers)
endfunction()

# What every test runs with. Debian's LLVM is not instrumented, so containers that cross its border
# would be reported as overflowing, and memory of its arenas as poisoned; nor does
# it free everything at exit.
if(STATOR_SANITIZE)
  set(STATOR_TEST_ENVIRONMENT
      "ASAN_OPTIONS=detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0:detect_odr_violation=0"
      "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
endif()
