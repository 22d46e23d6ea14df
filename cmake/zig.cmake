# Any target that zig has a C library for. PIER_ZIG is the zig program, PIER_ZIG_TARGET a target as
# zig names it: aarch64-macos, x86_64-freebsd, aarch64-windows-gnu…
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PIER_ZIG PIER_ZIG_TARGET)

string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${PIER_ZIG_TARGET}")
if(PIER_ZIG_TARGET MATCHES "-macos")
  set(CMAKE_SYSTEM_NAME Darwin)
elseif(PIER_ZIG_TARGET MATCHES "-freebsd")
  set(CMAKE_SYSTEM_NAME FreeBSD)
elseif(PIER_ZIG_TARGET MATCHES "-netbsd")
  set(CMAKE_SYSTEM_NAME NetBSD)
elseif(PIER_ZIG_TARGET MATCHES "-openbsd")
  set(CMAKE_SYSTEM_NAME OpenBSD)
elseif(PIER_ZIG_TARGET MATCHES "-windows")
  set(CMAKE_SYSTEM_NAME Windows)
else()
  set(CMAKE_SYSTEM_NAME Linux)
endif()

set(CMAKE_C_COMPILER "${PIER_ZIG}" cc -target "${PIER_ZIG_TARGET}")
# "zig c++" would build the whole C++ library for each target, which pier's headers do not use.
set(CMAKE_CXX_COMPILER "${PIER_ZIG}" cc -target "${PIER_ZIG_TARGET}")

# Without optimization zig adds sanitizer checks, and builds their runtime for each target.
set(CMAKE_C_FLAGS_INIT "-fno-sanitize=undefined")
set(CMAKE_CXX_FLAGS_INIT "-fno-sanitize=undefined")

# CMake wants one for macOS and never runs it, for nothing that zig has built is installed.
set(CMAKE_INSTALL_NAME_TOOL "${PIER_ZIG}" CACHE FILEPATH "")

# CMake takes ar to be a program, and zig's is a subcommand.
set(tools "${CMAKE_BINARY_DIR}/zig-tools")
foreach(tool IN ITEMS ar ranlib)
  if(NOT EXISTS "${tools}/${tool}")
    file(WRITE "${tools}/${tool}" "#!/bin/sh\nexec '${PIER_ZIG}' ${tool} \"$@\"\n")
    file(CHMOD "${tools}/${tool}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
endforeach()
set(CMAKE_AR "${tools}/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "${tools}/ranlib" CACHE FILEPATH "")

set(CMAKE_FIND_ROOT_PATH "${tools}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
