#include "internal.h"

#include <string.h>

#define CREATION_FLAGS (PIER_NONBLOCK | PIER_INHERIT)

int pier_startup(void)
{
  return pier_os_startup();
}

void pier_cleanup(void)
{
  pier_os_cleanup();
}

const char *pier_version(void)
{
  return PIER_VERSION;
}

/* RFC 3493 wants IPV6_V6ONLY off at first, FreeBSD, NetBSD and Windows have it on. On OpenBSD it is
   always on, and setting it is an error even so. */
static int set_v6only(pier_socket_t s)
{
  int on = 1;
  int result = pier_os_setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (result == 0)
    return 0;
  int now = 0;
  socklen_t len = sizeof now;
  if (pier_os_getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &now, &len) == 0 && now != 0)
    return 0;
  return result;
}

int pier_socket(int family, int type, int protocol, pier_socket_t *out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = PIER_INVALID_SOCKET;
  if (family == AF_UNSPEC) /* Windows would guess a family from the protocol. */
    return PIER_EAFNOSUPPORT;
  int flags = type & CREATION_FLAGS;
  type &= ~CREATION_FLAGS;

  pier_socket_t s = PIER_INVALID_SOCKET;
  int result = pier_os_socket(family, type, protocol, flags, &s);
  if (result == PIER_WSANOTINITIALISED) {
    result = pier_os_start();
    if (result == 0)
      result = pier_os_socket(family, type, protocol, flags, &s);
  }
  if (result < 0)
    return result;
  pier_os_settle(s, type);
  if (family == AF_INET6) {
    result = set_v6only(s);
    if (result < 0) {
      pier_os_close(s);
      return result;
    }
  }
  *out = s;
  return 0;
}

int pier_socketpair(int family, int type, int protocol, pier_socket_t out[2])
{
  if (out == NULL)
    return PIER_EINVAL;
  out[0] = out[1] = PIER_INVALID_SOCKET;
  if (family != AF_UNIX)
    return PIER_ENOTSUP;
  if (protocol != 0)
    return PIER_EPROTONOSUPPORT;
  return pier_os_socketpair(type & ~CREATION_FLAGS, type & CREATION_FLAGS, out);
}

int pier_close(pier_socket_t s)
{
  return pier_os_close(s);
}

int pier_abort(pier_socket_t s)
{
  /* Refused where there is nothing to reset; the close tells of a bad handle. */
  pier_set_option(s, PIER_OPT_LINGER_S, 0);
  return pier_os_close(s);
}

int pier_shutdown(pier_socket_t s, int how)
{
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
    return PIER_EINVAL;
  /* Linux would end a listener and a pending connect, and would mark a socket that never had a peer
     while it says that it has none. macOS says EINVAL of one that ended. */
  struct sockaddr_storage peer;
  socklen_t len = sizeof peer;
  int result = pier_os_getpeername(s, (struct sockaddr *)&peer, &len);
  if (result == PIER_ENOTCONN || result == PIER_EINVAL)
    return PIER_ENOTCONN;
  return pier_os_shutdown(s, how);
}

int pier_address_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len, int error)
{
  if (error != PIER_EINVAL && error != PIER_EFAULT && error != PIER_ENOTSUP &&
      error != PIER_EADDRNOTAVAIL && error != PIER_EAFNOSUPPORT && error != PIER_ENETUNREACH)
    return error;
  int family = pier_os_family(s);
  if (family >= 0 && addr->sa_family != family)
    return PIER_EAFNOSUPPORT;
  if (len < pier_address_length(addr->sa_family) || error == PIER_EFAULT)
    return PIER_EINVAL;
  return error;
}

int pier_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  if (!pier_is_address(addr, len))
    return PIER_EINVAL;
  int result = pier_os_bind(s, addr, len);
  return result < 0 ? pier_address_error(s, addr, len, result) : result;
}

int pier_listen(pier_socket_t s, int backlog)
{
  if (backlog <= 0 || backlog > 65535) /* SOMAXCONN is often less than the kernel's maximum, and */
    backlog = 65535;                   /* more wraps to a small number in some kernels. */
  return pier_os_listen(s, backlog);
}

int pier_accept(pier_socket_t listener, struct sockaddr *addr, socklen_t *len, int flags,
                pier_socket_t *out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = PIER_INVALID_SOCKET;
  if ((addr == NULL) != (len == NULL) || (flags & ~CREATION_FLAGS) != 0)
    return PIER_EINVAL;
  socklen_t room = len ? *len : 0;
  int result;
  do {
    if (len)
      *len = room;
    result = pier_os_accept(listener, addr, len, flags, out);
  } while (result == PIER_ECONNABORTED);
  return result;
}

/* A connect that a signal interrupted goes on by itself, and cannot be called again everywhere:
   wait for its end, and ask how it ended. An AF_UNIX connect that waited for room in the server's
   queue has not begun, and is called again. */
static PIER_COLD int finish_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  if (addr->sa_family == AF_UNIX) {
    int result;
    do
      result = pier_os_connect(s, addr, len);
    while (result == PIER_EINTR);
    return result;
  }
  int result = pier_wait(s, POLLOUT, PIER_FOREVER, NULL);
  if (result < 0)
    return result;
  int error = 0;
  result = pier_get_option(s, PIER_OPT_ERROR, &error);
  return result < 0 ? result : error;
}

/* POSIX's word for a listener that is to connect; systems also say EISCONN and EINVAL. */
static PIER_COLD int explain_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len,
                                     int error)
{
  int is_listening = 0;
  if ((error == PIER_EISCONN || error == PIER_EINVAL) &&
      pier_get_option(s, PIER_OPT_LISTENING, &is_listening) == 0 && is_listening)
    return PIER_ENOTSUP;
  return pier_address_error(s, addr, len, error);
}

/* Whether a stream is to connect to port 0, where nobody can be: some systems try. Other types may
   have no use for a port. */
static PIER_COLD bool is_nowhere(pier_socket_t s, const struct sockaddr *addr)
{
  return pier_os_family(s) == addr->sa_family && pier_os_type(s) == SOCK_STREAM;
}

/* Puts loopback where the wildcard stands, as most systems do by themselves; Windows refuses it. */
static void fill_wildcard(pier_address *to)
{
  static const unsigned char any[16] = {0}, mapped_any[16] = {[10] = 0xff, [11] = 0xff};
  unsigned char *in6 = to->in6.sin6_addr.s6_addr;
  if (to->sa.sa_family == AF_INET) {
    if (to->in.sin_addr.s_addr == htonl(INADDR_ANY))
      to->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  } else if (memcmp(in6, any, sizeof any) == 0) {
    in6[15] = 1;
  } else if (memcmp(in6, mapped_any, sizeof mapped_any) == 0) {
    in6[12] = 127;
    in6[15] = 1;
  }
}

int pier_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  if (!pier_is_address(addr, len))
    return PIER_EINVAL;
  pier_address to;
  if ((addr->sa_family == AF_INET || addr->sa_family == AF_INET6) &&
      len >= pier_address_length(addr->sa_family)) {
    memcpy(&to.storage, addr, (size_t)len);
    if (to.in.sin_port == 0 && is_nowhere(s, addr)) /* IPv6 has its port in the same place */
      return PIER_EADDRNOTAVAIL;
    fill_wildcard(&to);
    addr = &to.sa;
  }
  int result = pier_os_connect(s, addr, len);
  if (result == PIER_EINTR)
    return finish_connect(s, addr, len);
  return result < 0 ? explain_connect(s, addr, len, result) : result;
}

int pier_disconnect(pier_socket_t s)
{
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  return type == SOCK_DGRAM ? pier_os_disconnect(s) : PIER_EINVAL;
}

int pier_getsockname(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  return addr && len ? pier_os_getsockname(s, addr, len) : PIER_EINVAL;
}

int pier_getpeername(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  return addr && len ? pier_os_getpeername(s, addr, len) : PIER_EINVAL;
}

int pier_set_nonblocking(pier_socket_t s, bool on)
{
  return pier_os_set_nonblocking(s, on);
}

int pier_set_inheritable(pier_socket_t s, bool on)
{
  return pier_os_set_inheritable(s, on);
}

int pier_dup(pier_socket_t s, pier_socket_t *out)
{
  if (out == NULL)
    return PIER_EINVAL;
  *out = PIER_INVALID_SOCKET;
  int type = pier_os_type(s); /* fcntl would duplicate a file as well. */
  return type < 0 ? type : pier_os_dup(s, out);
}

int pier_adopt(pier_socket_t s)
{
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  int result = pier_os_set_inheritable(s, false);
  if (result == 0)
    pier_os_settle(s, type);
  return result;
}
