#include "wsapoll.h"

/* As many entries as are kept on the stack; more are allocated for the time of the call. */
#define STACK_ENTRIES 64

/* Before Windows 10 version 2004, WSAPoll says nothing of a connect that has failed, ever; and from
   a stream whose peer sends no more it returns at once, whatever was asked. So it is asked again
   after this time at the latest. */
#define BLIND_MS 20

/* WSAPoll refuses POLLPRI, which Winsock calls POLLRDBAND, and all that is reported unasked. */
static short native_events(short events)
{
  int native = 0;
  if (events & POLLRDNORM)
    native |= POLLRDNORM;
  if (events & POLLPRI)
    native |= POLLRDBAND;
  if (events & POLLWRNORM)
    native |= POLLWRNORM;
  return (short)native;
}

/* Winsock tells nothing of one's own shutdown but by refusing to send: nothing is sent here, and
   only when a send does not block. Nobody documents what an AF_UNIX peer receives of that. */
int pier_wsapoll_end_events(const struct pollfd *fd)
{
  int events = fd->events & POLLIN;
  if (pier_os_family(fd->fd) == AF_UNIX)
    return events;
  WSAPOLLFD one = {fd->fd, POLLWRNORM, 0};
  bool may_send = WSAPoll(&one, 1, 0) == 1 && (one.revents & POLLWRNORM);
  if (may_send && send(fd->fd, "", 0, 0) == SOCKET_ERROR && WSAGetLastError() == WSAESHUTDOWN)
    events |= POLLHUP;
  return events;
}

static bool has_error(SOCKET s)
{
  int error = 0;
  return pier_get_option(s, PIER_OPT_ERROR, &error) == 0 && error != 0;
}

/* Winsock's select tells a failed connect in its third set, always. */
static bool has_failed_to_connect(SOCKET s)
{
  fd_set one;
  struct timeval now = {0, 0};
  one.fd_count = 1;
  one.fd_array[0] = s;
  return select(0, NULL, NULL, &one, &now) == 1 && has_error(s);
}

/* Whether a stream that WSAPoll tells as hung up, and nothing more, was reset: a receive fails. */
static bool was_reset(SOCKET s)
{
  char byte;
  WSAPOLLFD one = {s, POLLRDNORM, 0};
  if (WSAPoll(&one, 1, 0) != 1)
    return false;
  return recv(s, &byte, 1, MSG_PEEK) == SOCKET_ERROR && WSAGetLastError() == WSAECONNRESET;
}

static short portable_events(const struct pollfd *fd, short native)
{
  int asked = fd->events;
  int events = 0;
  if (native & POLLRDNORM)
    events |= asked & POLLIN;
  if (native & POLLWRNORM)
    events |= asked & POLLOUT;
  if (native & POLLRDBAND)
    events |= asked & POLLPRI;
  if (native & POLLNVAL)
    events |= POLLNVAL;
  else if ((native & POLLERR) || ((native & POLLHUP) && was_reset(fd->fd)) ||
           (native == 0 && has_failed_to_connect(fd->fd)))
    events |= POLLERR | POLLHUP | (asked & (POLLIN | POLLOUT));
  else if (native & POLLHUP)
    events |= pier_wsapoll_end_events(fd);
  return (short)events;
}

/* Fills native with the entries that are open sockets, and returns how many those are. The others
   are told here, for WSAPoll fails as a whole where there is no good one. */
static ULONG fill(WSAPOLLFD *native, struct pollfd *fds, size_t count)
{
  ULONG native_count = 0;
  for (size_t i = 0; i < count; i++) {
    fds[i].revents = 0;
    if (fds[i].fd == INVALID_SOCKET)
      continue;
    if (pier_os_type(fds[i].fd) < 0) {
      fds[i].revents = POLLNVAL;
      continue;
    }
    native[native_count].fd = fds[i].fd;
    native[native_count].events = native_events(fds[i].events);
    native[native_count++].revents = 0;
  }
  return native_count;
}

static int count_ready(const struct pollfd *fds, size_t count)
{
  int ready = 0;
  for (size_t i = 0; i < count; i++)
    ready += fds[i].revents != 0;
  return ready;
}

static int poll_in(WSAPOLLFD *native, struct pollfd *fds, size_t count, int timeout_ms)
{
  ULONG native_count = fill(native, fds, count);
  int invalid = count_ready(fds, count);
  if (invalid > 0)
    timeout_ms = 0;
  else if (timeout_ms < 0 || timeout_ms > BLIND_MS)
    timeout_ms = BLIND_MS; /* The caller goes on waiting. */
  if (native_count == 0)
    return invalid;
  int native_ready = WSAPoll(native, native_count, timeout_ms);
  if (native_ready == SOCKET_ERROR) {
    int error = pier_win32_error();
    return error == PIER_ENOTSOCK ? 0 : error; /* just closed: the caller's next call tells it. */
  }
  const WSAPOLLFD *next = native;
  for (size_t i = 0; i < count; i++)
    if (fds[i].fd != INVALID_SOCKET && fds[i].revents == 0)
      fds[i].revents = portable_events(&fds[i], next++->revents);
  int ready = count_ready(fds, count);
  if (ready == 0 && native_ready > 0) /* what nobody asked for, and would be told at once again */
    Sleep((DWORD)timeout_ms);
  return ready;
}

int pier_wsapoll(struct pollfd *fds, size_t count, int timeout_ms)
{
  WSAPOLLFD on_stack[STACK_ENTRIES];
  if (count <= STACK_ENTRIES)
    return poll_in(on_stack, fds, count, timeout_ms);
  WSAPOLLFD *native = NULL;
  if (count <= SIZE_MAX / sizeof *native)
    native = HeapAlloc(GetProcessHeap(), 0, count * sizeof *native);
  if (native == NULL)
    return PIER_ENOMEM;
  int result = poll_in(native, fds, count, timeout_ms);
  HeapFree(GetProcessHeap(), 0, native);
  return result;
}
