# Compiler, linker, cache and the packages that Stator is built from.

find_program(STATOR_CCACHE ccache)
if(STATOR_CCACHE)
  # What ccache asks for to work with precompiled headers.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${STATOR_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

find_program(STATOR_LLD NAMES ld.lld-22 ld.lld)
if(STATOR_LLD)
  add_link_options(--ld-path=${STATOR_LLD})
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(STATOR_SANITIZE)
  add_compile_options(-fsanitize=${STATOR_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${STATOR_SANITIZE})
  # Debian's LLVM and MLIR are built without RTTI, which these two checks need.
  add_compile_options(-fno-sanitize=vptr,function)
endif()
if(STATOR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

set(STATOR_LLVM_PREFIX /usr/lib/llvm-22 CACHE PATH "Where LLVM and MLIR 22 are installed")
find_package(MLIR REQUIRED CONFIG PATHS ${STATOR_LLVM_PREFIX}/lib/cmake/mlir NO_DEFAULT_PATH)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

find_package(absl REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# For tokenizers: regular expressions and Unicode. Static, since compiled programs take them along.
find_library(STATOR_PCRE2 NAMES libpcre2-8.a REQUIRED)
find_library(STATOR_UTF8PROC NAMES libutf8proc.a REQUIRED)
# For checksums of checkpoints.
find_library(STATOR_ZLIB NAMES libz.a REQUIRED)
