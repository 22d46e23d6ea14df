#include "internal.h"

#include <limits.h>

/* The moment at which a wait ends; only a wait of a real length needs the clock. */
static int64_t deadline_of(int timeout_ms)
{
  return timeout_ms > 0 ? pier_os_now_ns() + (int64_t)timeout_ms * PIER_NS_PER_MS : 0;
}

/* Whether a wait that came to nothing must go on: a signal interrupted it, or the system's clock
   ticked too early. */
static bool goes_on(int result, int timeout_ms, int64_t deadline, int *left_ms)
{
  if (result > 0 || (result < 0 && result != PIER_EINTR))
    return false;
  if (timeout_ms == 0)
    return result == PIER_EINTR;
  *left_ms = timeout_ms < 0 ? timeout_ms : pier_ms_until(deadline);
  return result == PIER_EINTR || *left_ms != 0;
}

int pier_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
  if ((fds == NULL && count != 0) || timeout_ms < PIER_FOREVER || count > INT_MAX)
    return PIER_EINVAL;
  int64_t deadline = deadline_of(timeout_ms);
  int left_ms = timeout_ms;
  int result;
  do {
    result = pier_os_poll(fds, count, left_ms);
    if (result == PIER_WSANOTINITIALISED) {
      result = pier_os_start();
      if (result == 0)
        result = pier_os_poll(fds, count, left_ms);
    }
  } while (goes_on(result, timeout_ms, deadline, &left_ms));
  return result;
}

int pier_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional, int timeout_ms)
{
  if (nfds < 0 || timeout_ms < PIER_FOREVER)
    return PIER_EINVAL;
  int64_t deadline = deadline_of(timeout_ms);
  int left_ms = timeout_ms;
  int result;
  do
    result = pier_os_select(nfds, readable, writable, exceptional, left_ms);
  while (goes_on(result, timeout_ms, deadline, &left_ms));
  if (result == 0) {
    if (readable)
      pier_os_fd_zero(readable);
    if (writable)
      pier_os_fd_zero(writable);
    if (exceptional)
      pier_os_fd_zero(exceptional);
  }
  return result;
}

int pier_wait(pier_socket_t s, int events, int timeout_ms, pier_waker *waker)
{
  if (waker != NULL || (events & ~(POLLIN | POLLOUT | POLLPRI)) != 0)
    return PIER_EINVAL;
  struct pollfd one = {0};
  one.fd = s;
  one.events = (short)events;
  if (s == PIER_INVALID_SOCKET) { /* poll would pass it over, and wait. */
    int type = pier_os_type(s);
    return type < 0 ? type : PIER_EBADF;
  }
  int result = pier_poll(&one, 1, timeout_ms);
  if (result <= 0)
    return result < 0 ? result : PIER_ETIMEDOUT;
  if (one.revents & POLLNVAL) {
    int type = pier_os_type(s);
    return type < 0 ? type : PIER_EBADF;
  }
  return one.revents;
}
