#include "check.h"

/* RtlGenRandom, which has no import library and is found by this name, says its documentation.
   BCryptGenRandom would make every program that links pier statically link bcrypt too. The library
   stays loaded: Windows' own have it open anyway. */
typedef BOOLEAN(WINAPI *generate_random)(void *, ULONG);

int pier_os_random(void *data, size_t size)
{
  static void *volatile known;
  union {
    FARPROC found;
    void *data;
    generate_random code;
  } function;
  function.data = known;
  if (function.data == NULL) {
    HMODULE library = LoadLibraryExW(L"advapi32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (library == NULL)
      return pier_win32_error();
    function.found = GetProcAddress(library, "SystemFunction036");
    if (function.found == NULL)
      return pier_win32_error();
    known = function.data;
  }
  return function.code(data, (ULONG)size) ? 0 : PIER_EIO;
}
