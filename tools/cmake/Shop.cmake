# The few shapes that every module's CMakeLists.txt is written in.

# shop_add_modules(dir...): adds each directory that has a CMakeLists.txt, in the order given.
function(shop_add_modules)
  foreach(dir IN LISTS ARGN)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${dir}/CMakeLists.txt)
      add_subdirectory(${dir})
    endif()
  endforeach()
endfunction()

# shop_library(name SOURCES a.cpp... [DEPENDS targets...]): a static library; without sources an interface library.
function(shop_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# shop_crash_points(a.cpp...): these sources have crash points (platform/base/crash_point.hpp). Only they are compiled
# differently when there shall be some, so that builds with and without share everything else.
function(shop_crash_points)
  if(SHOP_CRASH_POINTS)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS SHOP_CRASH_POINTS)
  endif()
endfunction()

# shop_executable(name SOURCES ... DEPENDS ...): a program, placed in bin/ of the build folder.
function(shop_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# shop_test(name SOURCES ... DEPENDS ... [NEEDS postgres rabbitmq redis]): a GoogleTest program. A test with NEEDS is an
# integration test: it reads SHOP_TEST_POSTGRES, SHOP_TEST_RABBITMQ, SHOP_TEST_REDIS (URLs of private instances).
function(shop_test name)
  if(NOT SHOP_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;NEEDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  if(ARG_NEEDS)
    set_tests_properties(${name} PROPERTIES LABELS "integration;${ARG_NEEDS}")
  else()
    set_tests_properties(${name} PROPERTIES LABELS unit)
  endif()
endfunction()

# shop_migrations(target directory): compiles the directory's NNNN_name.sql files into the target as
# `std::span<const platform::postgres::Migration> <target>_migrations()`; dashes become underscores.
function(shop_migrations target directory)
  string(REPLACE "-" "_" symbol ${target})
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${directory}/*.sql)
  list(SORT files)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_migrations.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DSYMBOL=${symbol}_migrations "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/tools/cmake/EmbedMigrations.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/tools/cmake/EmbedMigrations.cmake VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
