#include "check.h"

/* WSAStartup counts by itself; this counts what pier_cleanup may undo, so that a surplus call does
   not close another library's sockets. */
static volatile LONG starts;

int pier_os_start(void)
{
  WSADATA data;
  int native = WSAStartup(MAKEWORD(2, 2), &data); /* returns its error; there is no last one yet. */
  if (native != 0)
    return pier_os_error_from_native(native);
  if (data.wVersion != MAKEWORD(2, 2)) {
    WSACleanup();
    return PIER_WSAVERNOTSUPPORTED;
  }
  return 0;
}

int pier_os_startup(void)
{
  int result = pier_os_start();
  if (result == 0)
    InterlockedIncrement(&starts);
  return result;
}

void pier_os_cleanup(void)
{
  LONG before = starts;
  while (before > 0) {
    LONG seen = InterlockedCompareExchange(&starts, before - 1, before);
    if (seen == before) {
      WSACleanup();
      return;
    }
    before = seen;
  }
}
