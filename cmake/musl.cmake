# Static programs on musl, by the wrapper musl-gcc. Its own header directory is the only one that it
# takes, so that nothing of the machine's C library comes in.
set(CMAKE_C_COMPILER musl-gcc)
# Else CMake would take the machine's own.
set(CMAKE_CXX_COMPILER "")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")

# musl's FD_ISSET divides the descriptor by an unsigned number, which GCC holds against its caller.
set(CMAKE_C_FLAGS_INIT "-Wno-sign-conversion")

# An installed CMocka is built for the machine's C library.
set(CMAKE_DISABLE_FIND_PACKAGE_cmocka ON)
