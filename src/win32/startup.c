#include "check.h"

/* WSAStartup counts by itself; this counts what pier_cleanup may undo, so that a surplus call does
   not close another library's sockets. The lock is also for Wine, which counts without one. */
static SRWLOCK lock = SRWLOCK_INIT;
static unsigned long starts;

static int start(void)
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

int pier_os_start(void)
{
  AcquireSRWLockExclusive(&lock);
  int result = start();
  ReleaseSRWLockExclusive(&lock);
  return result;
}

int pier_os_startup(void)
{
  AcquireSRWLockExclusive(&lock);
  int result = start();
  starts += result == 0;
  ReleaseSRWLockExclusive(&lock);
  return result;
}

void pier_os_cleanup(void)
{
  AcquireSRWLockExclusive(&lock);
  if (starts > 0) {
    starts--;
    WSACleanup();
  }
  ReleaseSRWLockExclusive(&lock);
}
