# Shows that layout.cmake can fail: a small tree that keeps the rules passes, and each violation
# that is put into it is told.

cmake_minimum_required(VERSION 3.20)

set(function "/* Does it.\n *\n * Returns 0.\n */\nPIER_API int pier_do(int it);\n")

function(make_tree)
  file(REMOVE_RECURSE "${DIRECTORY}")
  file(WRITE "${DIRECTORY}/include/pier/do.h" "/* do.h */\n${function}")
  file(WRITE "${DIRECTORY}/include/pier/system.h" "#ifdef _WIN32\n#endif\n")
  file(WRITE "${DIRECTORY}/src/do.c" "/* No errno and no _WIN32 here, WSAGetLastError neither. */\n")
  file(WRITE "${DIRECTORY}/src/posix/do.c" "int a = errno;\n")
  file(WRITE "${DIRECTORY}/src/posix/poller_epoll.c" "int b;\n")
  file(WRITE "${DIRECTORY}/src/win32/do.c" "int a = WSAGetLastError();\n")
  file(WRITE "${DIRECTORY}/tests/test_do.c" "int a = pier_do(1);\n")
  file(WRITE "${DIRECTORY}/examples/do.c" "int a;\n")
endfunction()

function(run_layout result_out output_out)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DROOT=${DIRECTORY}" -P "${CMAKE_CURRENT_LIST_DIR}/layout.cmake"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${result_out} "${result}" PARENT_SCOPE)
  set(${output_out} "${output}" PARENT_SCOPE)
endfunction()

# Writes content into file, and wants layout.cmake to fail with expected and nothing else.
function(expect_violation expected file content)
  make_tree()
  file(WRITE "${DIRECTORY}/${file}" "${content}")
  run_layout(result output)
  if(result EQUAL 0)
    message(SEND_ERROR "not caught, ${expected}:\n${content}")
  elseif(NOT output MATCHES "${expected}" OR NOT output MATCHES " 1 violations")
    message(SEND_ERROR "expected one violation, ${expected}, and got:\n${output}")
  endif()
endfunction()

make_tree()
run_layout(result output)
if(NOT result EQUAL 0)
  message(SEND_ERROR "a tree that keeps the rules fails:\n${output}")
endif()

string(REPEAT "int a;\n" 401 long_source)
string(REPEAT "int a;\n" 100 long_example)
string(REPLACE "Returns" "Gives" no_result "${function}")

expect_violation("names a platform, _WIN32" src/do.c "#ifdef _WIN32\n#endif\n")
expect_violation("names a platform, __linux__" src/posix/do.c "#if defined(__linux__)\n#endif\n")
expect_violation("names a platform, _MSC_VER" tests/test_do.c "#if _MSC_VER > 1\npier_do(\n#endif\n")
expect_violation("names a platform, __APPLE__" include/pier/do.h "#ifdef __APPLE__\n#endif\n${function}")
expect_violation("uses errno" src/do.c "int a = errno;\n")
expect_violation("uses errno" src/win32/do.c "/* why */ int a = errno; /* why */\n")
expect_violation("uses WSAGetLastError" src/posix/do.c "int a = WSAGetLastError();\n")
expect_violation("src/posix/one.c: has no twin" src/posix/one.c "int a;\n")
expect_violation("src/win32/one.c: has no twin" src/win32/one.c "int a;\n")
expect_violation("pier_do has no comment" include/pier/do.h "PIER_API x;\n\nPIER_API int pier_do(int it);\n")
expect_violation("pier_do does not say" include/pier/do.h "\n${no_result}")
expect_violation("no test program names pier_do" tests/test_do.c "int a = pier_do_more(1); /* pier_do */\n")
expect_violation("a condition of the preprocessor" examples/do.c "int a;\n#ifdef A\n#endif\n")
expect_violation("100 lines" examples/do.c "${long_example}")
expect_violation("401 lines" src/do.c "${long_source}")
