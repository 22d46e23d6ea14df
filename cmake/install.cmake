# Installs the library, its headers, a CMake package and a pkg-config file. A static and a shared
# build go to prefixes of their own.
include(CMakePackageConfigHelpers)

set(pier_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pier")

install(TARGETS pier EXPORT pier
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY include/pier DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT pier NAMESPACE pier:: DESTINATION "${pier_package_dir}" FILE pierTargets.cmake)
configure_package_config_file(cmake/pierConfig.cmake.in pierConfig.cmake
  INSTALL_DESTINATION "${pier_package_dir}")
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(pierConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/pierConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/pierConfigVersion.cmake"
  DESTINATION "${pier_package_dir}")

# pkg-config finds the prefix from where pier.pc lies, so that the tree can be moved.
file(RELATIVE_PATH pier_pc_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" pier_pc_prefix "${pier_pc_prefix}")
file(RELATIVE_PATH pier_pc_libdir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_LIBDIR}")
file(RELATIVE_PATH pier_pc_includedir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
set(pier_pc_system_libs "")
foreach(library IN LISTS pier_system_libraries)
  string(APPEND pier_pc_system_libs " -l${library}")
endforeach()
# A program that links a static pier needs the system's libraries itself; a shared one has its own.
if(pier_type STREQUAL "SHARED_LIBRARY")
  set(pier_pc_cflags " -DPIER_SHARED")
  set(pier_pc_libs "")
  set(pier_pc_libs_private "${pier_pc_system_libs}")
else()
  set(pier_pc_cflags "")
  set(pier_pc_libs "${pier_pc_system_libs}")
  set(pier_pc_libs_private "")
endif()
configure_file(cmake/pier.pc.in pier.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pier.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
