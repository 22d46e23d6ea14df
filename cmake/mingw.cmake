# MinGW-w64 on another system, the tests run by Wine. The toolchain files mingw-x86_64.cmake and
# mingw-i686.cmake set CMAKE_SYSTEM_PROCESSOR and include this.
set(CMAKE_SYSTEM_NAME Windows)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Debian's -posix variant has pthreads; elsewhere the plain name is the only one.
set(triple ${CMAKE_SYSTEM_PROCESSOR}-w64-mingw32)
find_program(PIER_MINGW_CC NAMES ${triple}-gcc-posix ${triple}-gcc REQUIRED)
find_program(PIER_MINGW_CXX NAMES ${triple}-g++-posix ${triple}-g++)
find_program(PIER_MINGW_RC NAMES ${triple}-windres)
get_filename_component(bin "${PIER_MINGW_CC}" DIRECTORY)
get_filename_component(CMAKE_FIND_ROOT_PATH "${bin}/../${triple}" ABSOLUTE)
set(CMAKE_C_COMPILER "${PIER_MINGW_CC}")
# Empty where there is none, else CMake would take the machine's own.
set(CMAKE_CXX_COMPILER "")
if(PIER_MINGW_CXX)
  set(CMAKE_CXX_COMPILER "${PIER_MINGW_CXX}")
endif()
if(PIER_MINGW_RC)
  set(CMAKE_RC_COMPILER "${PIER_MINGW_RC}")
endif()

# Wine finds no DLL of the toolchain, so none may be needed.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static")

# Debian's wine runs 32-bit programs where it can, and does not start a 64-bit one in a 64-bit
# prefix then; its wine64 lies beside the path.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  find_program(PIER_WINE NAMES wine64 wine PATHS /usr/lib/wine)
else()
  find_program(PIER_WINE NAMES wine)
endif()
if(PIER_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${PIER_WINE}")
endif()
