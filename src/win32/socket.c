#include "../loopback.h"
#include "check.h"
#include "option.h"
#include "unix.h"

#include <iphlpapi.h>
#include <mswsock.h>
#include <stdlib.h>
#include <string.h>

#ifndef SIO_UDP_NETRESET
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15) /* Windows SDK 10.0.22621's <mswsock.h> */
#endif
#ifndef SIO_TCP_INITIAL_RTO
#define SIO_TCP_INITIAL_RTO _WSAIOW(IOC_VENDOR, 17) /* in <mstcpip.h>, where that is new enough */
#endif

static int set_inherit(SOCKET s, bool on)
{
  DWORD flag = on ? HANDLE_FLAG_INHERIT : 0;
  return SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, flag) ? 0 : pier_win32_error();
}

/* Closes a socket that came to nothing, and passes on why. */
static int discard(SOCKET s, int error)
{
  closesocket(s);
  return error;
}

int pier_os_socket(int family, int type, int protocol, int flags, pier_socket_t *out)
{
  DWORD creation = WSA_FLAG_OVERLAPPED | (flags & PIER_INHERIT ? 0 : WSA_FLAG_NO_HANDLE_INHERIT);
  SOCKET s = WSASocketW(family, type, protocol, NULL, 0, creation);
  if (s == INVALID_SOCKET)
    return pier_win32_error();
  if (flags & PIER_NONBLOCK) {
    int result = pier_os_set_nonblocking(s, true);
    if (result < 0)
      return discard(s, result);
  }
  *out = s;
  return 0;
}

/* Winsock's AF_UNIX has neither socketpair nor datagrams. */
int pier_os_socketpair(int type, int flags, pier_socket_t out[2])
{
  if (type != SOCK_STREAM && type != SOCK_DGRAM)
    return PIER_ESOCKTNOSUPPORT;
  return pier_loopback_pair(type, flags, out);
}

static void turn_off(pier_socket_t s, DWORD control)
{
  BOOL off = FALSE;
  DWORD written;
  WSAIoctl(s, control, &off, sizeof off, NULL, 0, &written, NULL, NULL);
}

/* Windows fails a datagram socket's next receive when an earlier datagram was answered by an ICMP
   error: the port was closed (WSAECONNRESET), or its time to live ran out (WSAENETRESET). */
void pier_os_settle(pier_socket_t s, int type)
{
  if (type != SOCK_DGRAM)
    return;
  turn_off(s, SIO_UDP_CONNRESET);
  turn_off(s, SIO_UDP_NETRESET);
}

int pier_os_close(pier_socket_t s)
{
  pier_win32_forget_keepalive(s);
  int result = pier_win32_check(closesocket(s));
  if (result != PIER_EAGAIN)
    return result;
  /* A non-blocking socket that lingers stays open, says closesocket's documentation. */
  pier_os_set_nonblocking(s, false);
  return pier_win32_check(closesocket(s));
}

int pier_os_shutdown(pier_socket_t s, int how)
{
  return pier_win32_check(shutdown(s, how));
}

/* Binds a socket of the same kind, but without any wish, and tells how that went. */
static int probe_bind(const WSAPROTOCOL_INFOW *info, const struct sockaddr *addr, socklen_t len)
{
  SOCKET probe = WSASocketW(info->iAddressFamily, info->iSocketType, info->iProtocol, NULL, 0,
                            WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (probe == INVALID_SOCKET)
    return PIER_EACCES;
  int result = pier_win32_check(bind(probe, addr, len));
  closesocket(probe);
  return result;
}

/* Whether somebody listens on a port, in network byte order, by the system's list of listeners. */
static bool has_listener(ULONG family, u_short port)
{
  ULONG size = 0;
  GetExtendedTcpTable(NULL, &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
  void *list = malloc(size + 1024); /* some more, for what begins to listen meanwhile */
  if (list == NULL)
    return false;
  size += 1024;
  bool found = false;
  if (GetExtendedTcpTable(list, &size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0) ==
      NO_ERROR) {
    const MIB_TCPTABLE_OWNER_PID *four = (const MIB_TCPTABLE_OWNER_PID *)list;
    const MIB_TCP6TABLE_OWNER_PID *six = (const MIB_TCP6TABLE_OWNER_PID *)list;
    for (DWORD i = 0; i < four->dwNumEntries && !found; i++) /* which begins both */
      found = (u_short)(family == AF_INET ? four->table[i].dwLocalPort
                                          : six->table[i].dwLocalPort) == port;
  }
  free(list);
  return found;
}

/* Windows says WSAEACCES both for a port that it has excluded and for one that another socket
   holds. A socket without any wish is told WSAEADDRINUSE of the second, on the same address or, where
   the other socket has the wildcard exclusively, on the wildcard. Wine says WSAEACCES to that too,
   where the other socket listens; there are no excluded ports in the list of listeners. */
static int explain_refused_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  WSAPROTOCOL_INFOW info;
  int size = sizeof info;
  if ((addr->sa_family != AF_INET && addr->sa_family != AF_INET6) || /* no probe makes a file */
      getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &size) == SOCKET_ERROR)
    return PIER_EACCES;
  if (probe_bind(&info, addr, len) != PIER_EACCES)
    return PIER_EADDRINUSE;
  union {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  } wildcard;
  memset(&wildcard, 0, sizeof wildcard);
  wildcard.sa.sa_family = addr->sa_family;
  wildcard.in.sin_port = ((const struct sockaddr_in *)addr)->sin_port; /* where IPv6 has it too */
  socklen_t wildcard_len =
    addr->sa_family == AF_INET ? (int)sizeof wildcard.in : (int)sizeof wildcard.in6;
  if (probe_bind(&info, &wildcard.sa, wildcard_len) == PIER_EADDRINUSE)
    return PIER_EADDRINUSE;
  u_short port = wildcard.in.sin_port;
  bool is_taken = info.iSocketType == SOCK_STREAM && port != 0 &&
                  (has_listener(AF_INET, port) || has_listener(AF_INET6, port));
  return is_taken ? PIER_EADDRINUSE : PIER_EACCES;
}

int pier_os_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  int result = pier_win32_check(bind(s, addr, len));
  if (result < 0 && addr->sa_family == AF_UNIX)
    return pier_win32_unix_bind_error(s, addr, len, result);
  return result == PIER_EACCES ? explain_refused_bind(s, addr, len) : result;
}

/* What a socket that is not bound is told to bind to: POSIX's listen does that by itself. */
static int bind_anywhere(pier_socket_t s)
{
  struct sockaddr_storage name;
  socklen_t len = sizeof name;
  int result = pier_os_getsockname(s, (struct sockaddr *)&name, &len);
  if (result < 0)
    return result;
  if ((name.ss_family != AF_INET && name.ss_family != AF_INET6) ||
      ((struct sockaddr_in *)&name)->sin_port != 0) /* IPv6 has its port in the same place */
    return PIER_EINVAL;
  return pier_win32_check(bind(s, (struct sockaddr *)&name, len));
}

/* Above 200, Windows takes a backlog as it is only in its negative form: SOMAXCONN_HINT. */
int pier_os_listen(pier_socket_t s, int backlog)
{
  if (backlog > 200)
    backlog = -backlog;
  int result = pier_win32_check(listen(s, backlog));
  if (result == PIER_EINVAL && bind_anywhere(s) == 0)
    result = pier_win32_check(listen(s, backlog));
  return result == PIER_EISCONN ? PIER_EINVAL : result;
}

static bool is_loopback(const struct sockaddr *addr, socklen_t len)
{
  if (addr->sa_family == AF_INET && len >= (int)sizeof(struct sockaddr_in))
    return (ntohl(((const struct sockaddr_in *)addr)->sin_addr.s_addr) & 0xff000000u) ==
           0x7f000000u;
  if (addr->sa_family != AF_INET6 || len < (int)sizeof(struct sockaddr_in6))
    return false;
  const struct in6_addr *in6 = &((const struct sockaddr_in6 *)addr)->sin6_addr;
  static const unsigned char mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
  return IN6_IS_ADDR_LOOPBACK(in6) || memcmp(in6->s6_addr, mapped, sizeof mapped) == 0;
}

/* Windows asks a port that refuses three times more, which takes two seconds. Where no packet is
   lost, it need not: since Windows 10 version 1709 it can be told so. A datagram socket refuses the
   wish, and an older Windows does. */
static void refuse_at_once(pier_socket_t s)
{
  struct {
    USHORT rtt_ms;
    UCHAR retransmissions;
  } wish = {0xffff, 0xfe}; /* TCP_INITIAL_RTO_UNSPECIFIED_RTT, …_NO_SYN_RETRANSMISSIONS */
  DWORD written;
  WSAIoctl(s, SIO_TCP_INITIAL_RTO, &wish, sizeof wish, NULL, 0, &written, NULL, NULL);
}

int pier_os_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len)
{
  if (is_loopback(addr, len))
    refuse_at_once(s);
  int result = pier_win32_check(connect(s, addr, len));
  if (result < 0 && addr->sa_family == AF_UNIX)
    result = pier_win32_unix_connect_error(s, addr, len, result);
  return result == PIER_EAGAIN ? PIER_EINPROGRESS : result;
}

void pier_win32_give_address(const struct sockaddr_storage *from, int from_len,
                             struct sockaddr *addr, socklen_t *len)
{
  memcpy(addr, from, (size_t)(*len < from_len ? *len : from_len));
  *len = from_len;
}

/* An accepted socket has its listener's mode and event selection, and is inheritable. */
static int finish_accept(SOCKET s, int flags)
{
  int result = set_inherit(s, (flags & PIER_INHERIT) != 0);
  if (result < 0)
    return result;
  bool nonblocking = (flags & PIER_NONBLOCK) != 0;
  if (nonblocking) /* the listener's events shall not tell of this connection */
    WSAEventSelect(s, NULL, 0);
  result = pier_os_set_nonblocking(s, nonblocking);
  if (result == PIER_EINVAL && !nonblocking) { /* while an event is selected, it cannot block */
    WSAEventSelect(s, NULL, 0);
    result = pier_os_set_nonblocking(s, false);
  }
  return result;
}

int pier_os_accept(pier_socket_t listener, struct sockaddr *addr, socklen_t *len, int flags,
                   pier_socket_t *out)
{
  if (len && *len < 0)
    return PIER_EINVAL;
  struct sockaddr_storage from;
  int from_len = sizeof from;
  SOCKET s =
    addr ? accept(listener, (struct sockaddr *)&from, &from_len) : accept(listener, NULL, NULL);
  if (s == INVALID_SOCKET) { /* Wine says that such a connection's peer has no name */
    int error = pier_win32_socket_error();
    return error == PIER_ECONNRESET || error == PIER_ENOTCONN ? PIER_ECONNABORTED : error;
  }
  int result = finish_accept(s, flags);
  if (result < 0)
    return discard(s, result);
  if (addr)
    pier_win32_give_address(&from, from_len, addr, len);
  *out = s;
  return 0;
}

/* An address of nothing but zeros dissolves, says connect's documentation. */
int pier_os_disconnect(pier_socket_t s)
{
  struct sockaddr_in6 none;
  memset(&none, 0, sizeof none);
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  int len = family == AF_INET6 ? (int)sizeof none : (int)sizeof(struct sockaddr_in);
  return pier_win32_check(connect(s, (struct sockaddr *)&none, len));
}

int pier_os_getsockname(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  if (*len < 0)
    return PIER_EINVAL;
  struct sockaddr_storage from;
  int from_len = sizeof from;
  int result = pier_win32_check(getsockname(s, (struct sockaddr *)&from, &from_len));
  if (result == PIER_EINVAL) { /* not bound: POSIX gives the wildcard */
    int family = pier_os_family(s);
    if (family < 0)
      return family;
    memset(&from, 0, sizeof from);
    ((struct sockaddr *)&from)->sa_family = (u_short)family;
    from_len = family == AF_INET    ? (int)sizeof(struct sockaddr_in)
               : family == AF_INET6 ? (int)sizeof(struct sockaddr_in6)
                                    : (int)sizeof from.ss_family;
    result = 0;
  }
  if (result == 0)
    pier_win32_give_address(&from, from_len, addr, len);
  return result;
}

int pier_os_getpeername(pier_socket_t s, struct sockaddr *addr, socklen_t *len)
{
  if (*len < 0)
    return PIER_EINVAL;
  struct sockaddr_storage from;
  int from_len = sizeof from;
  int result = pier_win32_check(getpeername(s, (struct sockaddr *)&from, &from_len));
  if (result == 0)
    pier_win32_give_address(&from, from_len, addr, len);
  return result;
}

int pier_os_set_nonblocking(pier_socket_t s, bool on)
{
  u_long value = on;
  return pier_win32_check(ioctlsocket(s, (long)FIONBIO, &value));
}

int pier_os_set_inheritable(pier_socket_t s, bool on)
{
  int type = pier_os_type(s); /* SetHandleInformation would take any handle. */
  return type < 0 ? type : set_inherit(s, on);
}

int pier_os_dup(pier_socket_t s, pier_socket_t *out)
{
  WSAPROTOCOL_INFOW info;
  int result = pier_win32_check(WSADuplicateSocketW(s, GetCurrentProcessId(), &info));
  if (result < 0)
    return result;
  SOCKET copy = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (copy == INVALID_SOCKET)
    return pier_win32_error();
  result = set_inherit(copy, false); /* Windows passes over the flag for a duplicate. */
  if (result < 0)
    return discard(copy, result);
  *out = copy;
  return 0;
}
