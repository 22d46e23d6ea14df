# pier::cmocka: PIER_CMOCKA_SOURCE_DIR where it is set, else an installed package, else the release
# below, downloaded.
set(PIER_CMOCKA_SOURCE_DIR "" CACHE PATH "An unpacked source tree of CMocka 1.1")

add_library(pier_cmocka INTERFACE)
add_library(pier::cmocka ALIAS pier_cmocka)

if(NOT PIER_CMOCKA_SOURCE_DIR)
  find_package(cmocka CONFIG QUIET)
  if(TARGET cmocka::cmocka)
    target_link_libraries(pier_cmocka INTERFACE cmocka::cmocka)
    return()
  endif()
  # CMocka 1.1.5 sets variables only, and on MinGW the library that it names is not there.
  if(cmocka_FOUND AND EXISTS "${CMOCKA_LIBRARIES}")
    target_include_directories(pier_cmocka SYSTEM INTERFACE "${CMOCKA_INCLUDE_DIR}")
    target_link_libraries(pier_cmocka INTERFACE "${CMOCKA_LIBRARIES}")
    return()
  endif()

  # The hash is that of Debian's cmocka_1.1.5.orig.tar.xz, which is the upstream file unchanged:
  # Debian ships upstream's signature with it.
  include(FetchContent)
  if(POLICY CMP0135)
    cmake_policy(SET CMP0135 NEW)
  endif()
  # No such directory is in the archive, so that CMocka's own CMakeLists.txt stays out of the build.
  FetchContent_Declare(cmocka_source
    URL https://cmocka.org/files/1.1/cmocka-1.1.5.tar.xz
    URL_HASH SHA256=f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6
    SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(cmocka_source)
  set(PIER_CMOCKA_SOURCE_DIR "${cmocka_source_SOURCE_DIR}")
endif()

# CMocka is one C file. Its own CMakeLists.txt always makes a shared library, and wants its config.h
# in the top build directory.
add_library(pier_cmocka_source STATIC "${PIER_CMOCKA_SOURCE_DIR}/src/cmocka.c")
target_include_directories(pier_cmocka_source SYSTEM PUBLIC "${PIER_CMOCKA_SOURCE_DIR}/include")
target_compile_definitions(pier_cmocka_source PRIVATE
  HAVE_INTTYPES_H=1 HAVE_SIGNAL_H=1 HAVE_SNPRINTF=1 HAVE_STRUCT_TIMESPEC=1 HAVE_VSNPRINTF=1)
if(WIN32)
  # test_malloc's header on Windows; on FreeBSD and macOS it is an error to include it.
  target_compile_definitions(pier_cmocka_source PRIVATE HAVE_MALLOC_H=1)
else()
  target_compile_definitions(pier_cmocka_source PRIVATE
    HAVE_CLOCK_REALTIME=1 HAVE_SIGLONGJMP=1 HAVE_STRINGS_H=1 HAVE_STRSIGNAL=1)
endif()
if(MSVC)
  target_compile_definitions(pier_cmocka_source PRIVATE
    HAVE_MSVC_THREAD_LOCAL_STORAGE=1 _CRT_SECURE_NO_WARNINGS)
  target_compile_options(pier_cmocka_source PRIVATE /w)
else()
  target_compile_definitions(pier_cmocka_source PRIVATE HAVE_GCC_THREAD_LOCAL_STORAGE=1)
  target_compile_options(pier_cmocka_source PRIVATE -w)
endif()
target_link_libraries(pier_cmocka INTERFACE pier_cmocka_source)
