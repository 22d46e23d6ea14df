#include "check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int set_close_on_exec(pier_socket_t s, bool on)
{
  return pier_posix_check(fcntl(s, F_SETFD, on ? FD_CLOEXEC : 0));
}

#ifdef SOCK_CLOEXEC
_Static_assert(((PIER_NONBLOCK | PIER_INHERIT) & (SOCK_CLOEXEC | SOCK_NONBLOCK)) == 0,
               "pier's flags are none of the system's");
#endif

/* The flags that socket and accept take in the call itself, where the system has them. */
static int creation_flags(int flags)
{
#ifdef SOCK_CLOEXEC
  return (flags & PIER_INHERIT ? 0 : SOCK_CLOEXEC) | (flags & PIER_NONBLOCK ? SOCK_NONBLOCK : 0);
#else
  (void)flags;
  return 0;
#endif
}

/* Sets afterwards what creation_flags could not say. A socket that BSDs accepted has its
   listener's mode until then. */
static int finish_creation(pier_socket_t s, int flags)
{
#ifdef SOCK_CLOEXEC
  (void)s;
  (void)flags;
  return 0;
#else
  int result = set_close_on_exec(s, !(flags & PIER_INHERIT));
  return result < 0 ? result : pier_os_set_nonblocking(s, (flags & PIER_NONBLOCK) != 0);
#endif
}

static int accept_with_flags(pier_socket_t listener, struct sockaddr *addr, socklen_t *len,
                             int flags)
{
#ifdef SOCK_CLOEXEC
  return accept4(listener, addr, len, creation_flags(flags));
#else
  (void)flags;
  return accept(listener, addr, len);
#endif
}

int pier_os_socket(int family, int type, int protocol, int flags, pier_socket_t *out)
{
  int s = pier_posix_check(socket(family, type | creation_flags(flags), protocol));
  if (s == PIER_EINVAL) /* Linux's word for a type that no family has, and a protocol likewise. */
    return protocol < 0 || protocol > 255 ? PIER_EPROTONOSUPPORT : PIER_ESOCKTNOSUPPORT;
  if (s < 0)
    return s;
  int result = finish_creation(s, flags);
  if (result < 0) {
    close(s);
    return result;
  }
  *out = s;
  return 0;
}

int pier_os_socketpair(int type, int flags, pier_socket_t out[2])
{
  int pair[2];
  int result = pier_posix_check(socketpair(AF_UNIX, type | creation_flags(flags), 0, pair));
  if (result < 0) /* BSDs and Linux each have a word of their own for a type that is none */
    return result == PIER_EINVAL || result == PIER_EPROTONOSUPPORT || result == PIER_EPROTOTYPE
             ? PIER_ESOCKTNOSUPPORT
             : result;
  for (int i = 0; i < 2 && result == 0; i++)
    result = finish_creation(pair[i], flags);
  for (int i = 0; i < 2; i++) {
    if (result < 0) {
      close(pair[i]);
      continue;
    }
    pier_os_settle(pair[i], type);
    out[i] = pair[i];
  }
  return result;
}

void pier_os_settle(pier_socket_t s, int type)
{
  (void)type; /* an unconnected socket never hears of lost datagrams here */
#if defined(SO_NOSIGPIPE) && !defined(SOCK_CLOEXEC)
  /* macOS, where MSG_NOSIGNAL is too new to rely on. It refuses this on a connection that was reset
     already; such a one is told by the next send. */
  int on = 1;
  setsockopt(s, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#else
  (void)s; /* each send has MSG_NOSIGNAL */
#endif
}

int pier_os_close(pier_socket_t s)
{
  int result = pier_posix_check(close(s));
  /* The number is free after each of these (POSIX 2024; FreeBSD and macOS tell a reset this way):
     a second close would hit whoever has it by then. */
  if (result == PIER_EINTR || result == PIER_EINPROGRESS || result == PIER_ECONNRESET)
    return 0;
  return result;
}

int pier_os_shutdown(pier_socket_t s, int how)
{
  return pier_posix_check(shutdown(s, how));
}

int pier_os_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  return pier_posix_check(bind(s, addr, len));
}

int pier_os_listen(pier_socket_t s, int backlog)
{
  return pier_posix_check(listen(s, backlog));
}

/* Linux takes the first connect after one that has ended well as the question how it ended. */
static bool is_connected_stream(pier_socket_t s)
{
  struct sockaddr_storage peer;
  socklen_t len = sizeof peer;
  return getpeername(s, (struct sockaddr *)&peer, &len) == 0 && pier_os_type(s) == SOCK_STREAM;
}

int pier_os_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  if (is_connected_stream(s))
    return PIER_EISCONN;
  int result = pier_posix_check(connect(s, addr, len));
  /* BSDs and macOS say so of a file that is no socket; to Linux and Windows it is one that nobody
     serves. */
  if (result == PIER_ENOTSOCK && addr->sa_family == AF_UNIX && pier_os_type(s) >= 0)
    return PIER_ECONNREFUSED;
  return result;
}

/* What accept says of a connection that died in the queue: POSIX's ECONNABORTED, System V's EPROTO,
   and the network errors that Linux passes on from the new socket (accept(2)). */
static int accept_error(int error)
{
  switch (error) {
  case PIER_EPROTO:
  case PIER_ENETDOWN:
  case PIER_EHOSTDOWN:
  case PIER_EHOSTUNREACH:
  case PIER_ENETUNREACH:
#ifdef ENONET
  case -ENONET:
#endif
    return PIER_ECONNABORTED;
  default:
    return error;
  }
}

int pier_os_accept(pier_socket_t listener, struct sockaddr *addr, socklen_t *len, int flags,
                   pier_socket_t *out)
{
  bool has_room = len && *len > 0;
  pier_ssize_t accepted;
  PIER_POSIX_RESTART(accepted, listener, POLLIN, accept_with_flags(listener, addr, len, flags));
  int s = (int)accepted;
  if (s < 0)
    return accept_error(s);
  if (has_room && *len == 0) { /* how macOS gives a connection that was reset in the queue */
    close(s);
    return PIER_ECONNABORTED;
  }
  int result = finish_creation(s, flags);
  if (result < 0) {
    close(s);
    return result;
  }
  pier_os_settle(s, SOCK_STREAM);
  *out = s;
  return 0;
}

int pier_os_disconnect(pier_socket_t s)
{
  struct sockaddr none;
  memset(&none, 0, sizeof none);
  none.sa_family = AF_UNSPEC;
  int result = pier_posix_check(connect(s, &none, sizeof none));
  /* BSDs dissolve the connection first, and then find fault with the address. */
  return result == PIER_EAFNOSUPPORT || result == PIER_EINVAL ? 0 : result;
}

int pier_os_getsockname(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  return pier_posix_check(getsockname(s, addr, len));
}

int pier_os_getpeername(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  return pier_posix_check(getpeername(s, addr, len));
}

int pier_os_set_nonblocking(pier_socket_t s, bool on)
{
  int value = on; /* one call, where fcntl would need two and race between them */
  return pier_posix_check(ioctl(s, FIONBIO, &value));
}

int pier_os_set_inheritable(pier_socket_t s, bool on)
{
  return set_close_on_exec(s, !on);
}

int pier_os_dup(pier_socket_t s, pier_socket_t *out)
{
  int copy = pier_posix_check(fcntl(s, F_DUPFD_CLOEXEC, 0));
  if (copy < 0)
    return copy;
  *out = copy;
  return 0;
}
