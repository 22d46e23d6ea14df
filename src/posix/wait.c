#include "check.h"

#include <time.h>

static bool is_connected(int fd)
{
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  return getpeername(fd, (struct sockaddr *)&name, &len) == 0;
}

/* Systems leave out what follows from an error or a hang-up: Linux does not say POLLIN for the error
   of a datagram socket, macOS and FreeBSD do not say POLLOUT or POLLERR for a failed connect. The
   end of what a peer sends is a hang-up on macOS, which says nothing of sending. */
static short complete(const struct pollfd *fd)
{
  int events = fd->revents;
  if (!(events & (POLLERR | POLLHUP)))
    return fd->revents;
  events |= fd->events & POLLIN;
  if ((events & POLLERR) || ((fd->events & ~events & POLLOUT) && !is_connected(fd->fd)))
    events |= fd->events & POLLOUT;
  return (short)events;
}

int pier_os_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
  int result = pier_posix_check(poll(fds, (nfds_t)count, timeout_ms));
  if (result > 0)
    for (size_t i = 0; i < count; i++)
      fds[i].revents = complete(&fds[i]);
  return result;
}

static short wanted(int fd, const fd_set *readable, const fd_set *writable,
                    const fd_set *exceptional)
{
  int events = 0;
  if (readable && FD_ISSET(fd, readable))
    events |= POLLIN;
  if (writable && FD_ISSET(fd, writable))
    events |= POLLOUT;
  if (exceptional && FD_ISSET(fd, exceptional))
    events |= POLLPRI;
  return (short)events;
}

static int keep(fd_set *set, int fd, int events)
{
  if (set == NULL || !FD_ISSET(fd, set))
    return 0;
  if (events)
    return 1;
  FD_CLR(fd, set);
  return 0;
}

/* The events that select answers to: what was asked for, and where an error or the end of the
   connection makes a socket exceptional. */
static int answers(const struct pollfd *fd)
{
  int events = fd->revents & (fd->events | POLLERR);
  bool is_watched_connect = (fd->events & (POLLOUT | POLLPRI)) == (POLLOUT | POLLPRI);
  if ((fd->revents & (POLLERR | POLLHUP)) == POLLHUP && is_watched_connect && !is_connected(fd->fd))
    events |= POLLERR;
  return events;
}

/* Leaves only answers in revents, and passes over the sockets that have none: those that have hung
   up when nobody asked for that, which poll tells all the same, and select does not. Returns how
   many have an answer, or an error. */
static int keep_answers(struct pollfd *fds, size_t count)
{
  int answered = 0;
  for (size_t i = 0; i < count; i++) {
    if (fds[i].revents & POLLNVAL)
      return PIER_EBADF;
    bool has_hung_up = fds[i].revents != 0;
    fds[i].revents = (short)(has_hung_up ? answers(&fds[i]) : 0);
    if (fds[i].revents)
      answered++;
    else if (has_hung_up)
      fds[i].fd = ~fds[i].fd; /* poll passes over negative descriptors. */
  }
  return answered;
}

/* On poll, so that an error is exceptional, which select does not tell here and Winsock's does. */
int pier_os_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   int timeout_ms)
{
  if (nfds > (int)FD_SETSIZE)
    return PIER_EINVAL;
  struct pollfd fds[FD_SETSIZE];
  size_t count = 0;
  for (int fd = 0; fd < nfds; fd++) {
    short events = wanted(fd, readable, writable, exceptional);
    if (events != 0)
      fds[count++] = (struct pollfd){.fd = fd, .events = events};
  }
  int64_t deadline = timeout_ms > 0 ? pier_os_now_ns() + (int64_t)timeout_ms * PIER_NS_PER_MS : 0;
  int left_ms = timeout_ms;
  int result = pier_os_poll(fds, count, left_ms);
  while (result > 0 && (result = keep_answers(fds, count)) == 0) {
    left_ms = timeout_ms > 0 ? pier_ms_until(deadline) : timeout_ms;
    result = pier_os_poll(fds, count, left_ms);
  }
  if (result <= 0)
    return result;
  result = 0;
  for (size_t i = 0; i < count; i++) {
    int fd = fds[i].fd < 0 ? ~fds[i].fd : fds[i].fd;
    int events = fds[i].revents;
    result += keep(readable, fd, events & (POLLIN | POLLERR));
    result += keep(writable, fd, events & (POLLOUT | POLLERR));
    result += keep(exceptional, fd, events & (POLLPRI | POLLERR));
  }
  return result;
}

void pier_os_fd_zero(fd_set *set)
{
  FD_ZERO(set);
}

int64_t pier_os_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
