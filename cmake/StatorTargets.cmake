# The two kinds of library in Stator, so that every folder declares its own in one line.

# stator_compiler_library(NAME sources... LINK libs...): code on MLIR and LLVM,
# built as they are, without exceptions and RTTI.
function(stator_compiler_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
endfunction()

# stator_runtime_library(NAME sources... LINK libs...): code that is linked into
# compiled programs; no LLVM, no MLIR.
function(stator_runtime_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# stator_unit_test(NAME sources... LINK libs...): a GoogleTest executable that ctest runs. Each runs
# in a folder of its own under the build tree.
function(stator_unit_test name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  # A test runs seldom, and little of it is its own code.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}.dir)
  file(MAKE_DIRECTORY ${folder})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${folder})
  set_tests_properties(${name} PROPERTIES LABELS unit ENVIRONMENT "${STATOR_TEST_ENVIRONMENT}")
endfunction()

# What every test runs with. Debian's LLVM is not instrumented, so containers that cross its border
# would be reported as overflowing, and memory of its arenas as poisoned; nor does
# it free everything at exit.
if(STATOR_SANITIZE)
  set(STATOR_TEST_ENVIRONMENT
      "ASAN_OPTIONS=detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0:detect_odr_violation=0"
      "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
endif()
