#include "check.h"

#include <fcntl.h>
#include <unistd.h>

/* By the device, which every system has; the calls have a different header on each. */
int pier_os_random(void *data, size_t size)
{
  int source = pier_posix_check(open("/dev/urandom", O_RDONLY | O_CLOEXEC));
  if (source < 0)
    return source;
  pier_ssize_t got = pier_posix_check_size(read(source, data, size));
  close(source);
  if (got < 0)
    return (int)got;
  return (size_t)got == size ? 0 : PIER_EIO; /* no signal cuts so short a read */
}
