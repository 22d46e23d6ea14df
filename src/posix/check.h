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

/* Whether an interrupted call goes on: 1, or an error code. A socket without a timeout of its own
   just goes on; one with SO_RCVTIMEO or SO_SNDTIMEO waits out what the first interruption left of it
   here, for a second call would begin the whole timeout anew, and signals could make it endless. */
int pier_posix_go_on(pier_socket_t s, short events, int64_t *deadline);

/* Makes a call, and makes it again for as long as signals interrupt it. */
#define PIER_POSIX_RESTART(result, s, events, call)                                                \
  do {                                                                                             \
    int64_t deadline = 0;                                                                          \
    int going = 0;                                                                                 \
    do                                                                                             \
      (result) = pier_posix_check_size(call);                                                      \
    while ((result) == PIER_EINTR && (going = pier_posix_go_on(s, events, &deadline)) > 0);        \
    if ((result) == PIER_EINTR)                                                                    \
      (result) = going;                                                                            \
  } while (0)

#endif
