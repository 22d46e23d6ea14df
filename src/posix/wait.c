#include "check.h"

#include <time.h>

int pier_os_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
  return pier_posix_check(poll(fds, (nfds_t)count, timeout_ms));
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

/* What select counts as an answer to what was asked of a socket. */
static int answer(const struct pollfd *fd)
{
  int answers = POLLERR;
  if (fd->events & POLLIN)
    answers |= POLLIN | POLLHUP;
  return fd->revents & (answers | fd->events);
}

/* Passes over the sockets that have hung up when nobody asked for that, which poll tells all the
   same, and select does not. Returns how many sockets have an answer, or an error. */
static int drop_unasked(struct pollfd *fds, size_t count)
{
  int answers = 0;
  for (size_t i = 0; i < count; i++) {
    if (fds[i].revents & POLLNVAL)
      return PIER_EBADF;
    if (answer(&fds[i]))
      answers++;
    else if (fds[i].revents)
      fds[i].fd = ~fds[i].fd; /* poll passes over negative descriptors. */
  }
  return answers;
}

/* On poll, so that an error is exceptional, which select does not tell here and Winsock's does. */
int pier_os_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   int timeout_ms)
{
  if (nfds > FD_SETSIZE)
    return PIER_EINVAL;
  int64_t deadline = timeout_ms > 0 ? pier_os_now_ns() + (int64_t)timeout_ms * 1000000 : 0;
  struct pollfd fds[FD_SETSIZE];
  size_t count = 0;
  for (int fd = 0; fd < nfds; fd++) {
    short events = wanted(fd, readable, writable, exceptional);
    if (events != 0)
      fds[count++] = (struct pollfd){.fd = fd, .events = events};
  }
  int result;
  do {
    result = pier_os_poll(fds, count, timeout_ms);
    if (result <= 0)
      return result;
    result = drop_unasked(fds, count);
  } while (result == 0 && (timeout_ms <= 0 || pier_os_now_ns() < deadline));
  if (result <= 0)
    return result;
  result = 0;
  for (size_t i = 0; i < count; i++) {
    int fd = fds[i].fd < 0 ? ~fds[i].fd : fds[i].fd;
    int events = fds[i].fd < 0 ? 0 : fds[i].revents;
    result += keep(readable, fd, events & (POLLIN | POLLHUP | POLLERR));
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
