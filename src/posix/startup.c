#include "../os.h"

/* The sockets of a POSIX system are always there. */

int pier_os_start(void)
{
  return 0;
}

int pier_os_startup(void)
{
  return 0;
}

void pier_os_cleanup(void) {}
