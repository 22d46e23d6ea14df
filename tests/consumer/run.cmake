# Builds the project beside this file in one WAY, and runs it.

cmake_minimum_required(VERSION 3.20)
include("${SETTINGS}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${result}: ${ARGN}")
  endif()
endfunction()

set(arguments
  -S "${CMAKE_CURRENT_LIST_DIR}/project" -B "${BUILD}" -C "${SETTINGS}" -G "${GENERATOR}"
  "-DWAY=${WAY}")
if(PLATFORM)
  list(APPEND arguments -A "${PLATFORM}")
endif()

if(WAY STREQUAL "find_package")
  # Named outright, because a toolchain file may keep the search to its own root.
  list(APPEND arguments
    "-DVERSION=${VERSION}" "-Dpier_DIR=${PREFIX}/${LIBDIR}/cmake/pier")
elseif(WAY STREQUAL "add_subdirectory")
  list(APPEND arguments "-DPIER_SOURCE=${PIER_SOURCE}")
else()
  # Only this prefix: the machine may have a pier of its own.
  set(ENV{PKG_CONFIG_LIBDIR} "${PREFIX}/${LIBDIR}/pkgconfig")
  foreach(what IN ITEMS cflags libs)
    execute_process(COMMAND "${PKG_CONFIG}" --${what} "pier = ${VERSION}"
      RESULT_VARIABLE result OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "pkg-config --${what} pier: ${result}")
    endif()
    string(TOUPPER "${what}" name)
    list(APPEND arguments "-DPKG_CONFIG_${name}=${flags}")
  endforeach()
endif()

file(REMOVE_RECURSE "${BUILD}")
run("${CMAKE_COMMAND}" ${arguments})
run("${CMAKE_COMMAND}" --build "${BUILD}" --config "${CONFIG}")

# The installed shared library is not where the system looks: a DLL goes beside the program, the
# others are named by the environment.
set(directory "${BUILD}/${CONFIG}")
file(GLOB dlls "${PREFIX}/bin/*.dll")
if(dlls)
  file(COPY ${dlls} DESTINATION "${directory}")
endif()
set(ENV{LD_LIBRARY_PATH} "${PREFIX}/${LIBDIR}:$ENV{LD_LIBRARY_PATH}")
set(ENV{DYLD_LIBRARY_PATH} "${PREFIX}/${LIBDIR}:$ENV{DYLD_LIBRARY_PATH}")

set(program "${directory}/program")
if(EXISTS "${program}.exe")
  set(program "${program}.exe")
endif()
execute_process(COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} "${program}"
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT result EQUAL 0 OR NOT output MATCHES "received pier")
  message(FATAL_ERROR "the program ended with ${result}")
endif()
