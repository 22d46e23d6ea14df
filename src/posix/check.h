/* src/posix/check.h: the one place where a failed system call becomes an error code. */
#ifndef PIER_POSIX_CHECK_H
#define PIER_POSIX_CHECK_H

#include "../os.h"

#include <errno.h>

/* The code of the system call that has just failed. Where the two numbers of a pair are the same,
   as on Linux, the comparison is none. */
static inline int pier_posix_error(void)
{
  int error = errno;
#if EWOULDBLOCK != EAGAIN
  if (error == EWOULDBLOCK)
    error = EAGAIN;
#endif
#if EOPNOTSUPP != ENOTSUP
  if (error == EOPNOTSUPP)
    error = ENOTSUP;
#endif
  return -error;
}

static inline int pier_posix_check(int result)
{
  return result < 0 ? pier_posix_error() : result;
}

/* Makes a system call again for as long as signals interrupt it. */
#define PIER_POSIX_RESTART(result, call)                                                           \
  do                                                                                               \
    (result) = (call);                                                                             \
  while ((result) < 0 && errno == EINTR)

static inline pier_ssize_t pier_posix_check_size(pier_ssize_t result)
{
  return result < 0 ? pier_posix_error() : result;
}

#endif
