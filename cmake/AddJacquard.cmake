# The build rules of the house: one function per kind of target, and the flags that all of them share.

set(MLIR_BINARY_DIR ${CMAKE_BINARY_DIR})
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib;${LLVM_LIBRARY_DIRS}")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
separate_arguments(JACQUARD_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_definitions(${JACQUARD_LLVM_DEFINITIONS})
add_compile_options(-Wall -Wextra -Wno-unused-parameter)
# -B makes the compiler take lld 22 of the LLVM we build against instead of the system's linker.
add_link_options(-B${LLVM_TOOLS_BINARY_DIR} -fuse-ld=lld)
if(JACQUARD_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(JACQUARD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "JACQUARD_FUZZERS needs clang for libFuzzer; found ${CMAKE_CXX_COMPILER_ID}")
  endif()
  # Every library reports its coverage, else the fuzzers mutate blindly. What a sanitizer finds ends the run.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# jacquard_add_library(Name SOURCES a.cpp ... LINK_LIBS OtherLib ... DEPENDS tablegen targets ...)
# A library without MLIR: levels 0 and 1 of the layering table (Layering.txt).
function(jacquard_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS;DEPENDS" ${ARGN})
  add_library(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# jacquard_add_mlir_library: the same for code that uses MLIR (dialects, conversions, importers, targets).
function(jacquard_add_mlir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS;DEPENDS" ${ARGN})
  jacquard_add_library(${name} SOURCES ${ARG_SOURCES} LINK_LIBS ${ARG_LINK_LIBS} MLIR LLVM
                       DEPENDS ${ARG_DEPENDS})
endfunction()

# jacquard_add_tool(name SOURCES ... LINK_LIBS ...)
function(jacquard_add_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# jacquard_add_unittest(NameTests SOURCES ... LINK_LIBS ...): built into test/unit, run by lit.
function(jacquard_add_unittest name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/unit)
  set_property(GLOBAL APPEND PROPERTY JACQUARD_UNITTESTS ${name})
endfunction()

# jacquard_add_fuzzer(name SOURCES ... LINK_LIBS ...): with -DJACQUARD_FUZZERS=ON (preset fuzz) a libFuzzer target, else a
# program that replays stored inputs. Both are built into test/Fuzz.
function(jacquard_add_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/Fuzz)
  if(JACQUARD_FUZZERS)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE Replay.cpp)
    target_link_libraries(${name} PRIVATE JacquardSupport)
    set_property(GLOBAL APPEND PROPERTY JACQUARD_UNITTESTS ${name}) # `ninja check` needs it
  endif()
endfunction()

# jacquard_add_subfolders(): one add_subdirectory for every folder that has a CMakeLists.txt.
function(jacquard_add_subfolders)
  file(GLOB lists CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} */CMakeLists.txt)
  list(SORT lists)
  foreach(list ${lists})
    get_filename_component(dir ${list} DIRECTORY)
    add_subdirectory(${dir})
  endforeach()
endfunction()
