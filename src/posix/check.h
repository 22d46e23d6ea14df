/* src/posix/check.h: the one place where a failed system call becomes an error code. */
#ifndef PIER_POSIX_CHECK_H
#define PIER_POSIX_CHECK_H

#include "../os.h"

#include <errno.h>

/* The code of an errno number. Where the two numbers of a pair are the same, as on Linux, the
   comparison is none. */
static inline int pier_posix_code(int error)
{
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

/* The code of the system call that has just failed. */
static inline int pier_posix_error(void)
{
  return pier_posix_code(errno);
}

static inline int pier_posix_check(int result)
{
  return result < 0 ? pier_posix_error() : result;
}

static inline pier_ssize_t pier_posix_check_size(pier_ssize_t result)
{
  return result < 0 ? pier_posix_error() : result;
}

#endif
