/* console_posix.c: console.h where a descriptor is a descriptor. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int console_open(pier_socket_t *input)
{
  /* Were it closed, the next socket would be given its number and be taken for the console. */
  if (fcntl(STDIN_FILENO, F_GETFD) < 0) return pier_error_from_native(errno);
  *input = STDIN_FILENO;
  return 0;
}

pier_ssize_t console_read(pier_socket_t input, void *data, size_t size)
{
  pier_ssize_t count;
  do {
    count = read(input, data, size);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? pier_error_from_native(errno) : count;
}

int console_write_all(const void *data, size_t size)
{
  const char *next = data;
  while (size > 0) {
    pier_ssize_t count = write(STDOUT_FILENO, next, size);
    if (count >= 0) {
      next += count;
      size -= (size_t)count;
    } else if (errno == EAGAIN) { /* A terminal that another program has made non-blocking. */
      int events = pier_wait(STDOUT_FILENO, POLLOUT, PIER_FOREVER, NULL);
      if (events < 0) return events;
    } else if (errno != EINTR) {
      return pier_error_from_native(errno);
    }
  }
  return 0;
}
