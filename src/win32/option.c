#include "check.h"

#include <iphlpapi.h>
#include <string.h>

int pier_os_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len)
{
  return pier_win32_check(setsockopt(s, level, name, (const char *)value, len));
}

int pier_os_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len)
{
  return pier_win32_check(getsockopt(s, level, name, (char *)value, len));
}

static int set_int(pier_socket_t s, int level, int name, int value)
{
  return pier_os_setsockopt(s, level, name, &value, sizeof value);
}

static int get_int(pier_socket_t s, int level, int name)
{
  int value = 0; /* Windows writes a single byte of some booleans. */
  socklen_t len = sizeof value;
  int result = pier_os_getsockopt(s, level, name, &value, &len);
  return result < 0 ? result : value;
}

int pier_os_type(pier_socket_t s)
{
  int type = 0;
  int len = sizeof type;
  int result = getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &len);
  if (result == SOCKET_ERROR && WSAGetLastError() == WSANOTINITIALISED) {
    int started = pier_os_start();
    if (started < 0)
      return started;
    result = getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &len);
  }
  return result == SOCKET_ERROR ? pier_win32_socket_error() : type;
}

static int get_info(pier_socket_t s, WSAPROTOCOL_INFOW *info)
{
  socklen_t len = sizeof *info;
  return pier_os_getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, info, &len);
}

int pier_os_family(pier_socket_t s)
{
  WSAPROTOCOL_INFOW info;
  int result = get_info(s, &info);
  return result < 0 ? result : info.iAddressFamily;
}

static int get_family(pier_socket_t s, int *value)
{
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  *value = family;
  return 0;
}

static int get_protocol(pier_socket_t s, int *value)
{
  WSAPROTOCOL_INFOW info;
  int result = get_info(s, &info);
  if (result == 0)
    *value = info.iProtocol;
  return result;
}

/* SO_REUSEADDR would let anyone take the port here, and TIME_WAIT keeps no server from its port;
   SO_EXCLUSIVEADDRUSE lets nobody. Of the two, one must be off before the other goes on. */
static int set_bind(pier_socket_t s, int intent)
{
  bool is_shared = intent == PIER_BIND_SHARED;
  if (intent == PIER_BIND_BALANCED) {
    int type = pier_os_type(s);
    return type < 0 ? type : PIER_ENOTSUP;
  }
  int on = is_shared ? SO_REUSEADDR : SO_EXCLUSIVEADDRUSE;
  int off = is_shared ? SO_EXCLUSIVEADDRUSE : SO_REUSEADDR;
  int result = set_int(s, SOL_SOCKET, on, 1);
  if (result == PIER_EINVAL && set_int(s, SOL_SOCKET, off, 0) == 0)
    result = set_int(s, SOL_SOCKET, on, 1);
  return result;
}

static int set_linger(pier_socket_t s, int seconds)
{
  struct linger linger;
  linger.l_onoff = seconds >= 0;
  linger.l_linger = (u_short)(seconds >= 0 ? seconds : 0);
  return pier_os_setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int get_linger(pier_socket_t s, int *seconds)
{
  struct linger linger = {0, 0};
  socklen_t len = sizeof linger;
  int result = pier_os_getsockopt(s, SOL_SOCKET, SO_LINGER, &linger, &len);
  if (result == 0)
    *seconds = linger.l_onoff ? linger.l_linger : -1;
  return result;
}

static int get_error(pier_socket_t s, int *value)
{
  int native = get_int(s, SOL_SOCKET, SO_ERROR);
  if (native < 0)
    return native;
  *value = native ? pier_os_error_from_native(native) : 0;
  return 0;
}

/* ---- multicast: IPv4 takes an interface as an index in the form of an address 0.x.x.x ---- */

/* What has no 0.x.x.x (Wine) is asked again with the interface's first IPv4 address. */
static int address_of_interface(unsigned index, DWORD *address)
{
  union {
    MIB_IPADDRTABLE table;
    char space[8192];
  } list;
  ULONG size = sizeof list;
  DWORD native = GetIpAddrTable(&list.table, &size, FALSE);
  if (native != NO_ERROR)
    return pier_os_error_from_native((int)native);
  for (DWORD i = 0; i < list.table.dwNumEntries; i++) {
    if (list.table.table[i].dwIndex == index) {
      *address = list.table.table[i].dwAddr;
      return 0;
    }
  }
  return PIER_EADDRNOTAVAIL;
}

static int set_multicast_interface4(pier_socket_t s, unsigned index)
{
  DWORD interface4 = htonl(index);
  int result = pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &interface4, sizeof interface4);
  if (result == 0 || index == 0 || address_of_interface(index, &interface4) < 0)
    return result;
  return pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &interface4, sizeof interface4);
}

static int set_multicast_interface(pier_socket_t s, int index)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return set_multicast_interface4(s, (unsigned)index);
  if (family == AF_INET6)
    return set_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  return family < 0 ? family : PIER_ENOTSUP;
}

/* IPv4 gives an index or an address back, by how it was set. */
static int get_multicast_interface(pier_socket_t s, int *index)
{
  int family = pier_os_family(s);
  if (family != AF_INET6)
    return family < 0 ? family : PIER_ENOTSUP;
  int value = get_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF);
  if (value < 0)
    return value;
  *index = value;
  return 0;
}

static int change4(pier_socket_t s, bool join, const struct sockaddr_in *group,
                   const struct sockaddr_in *source, DWORD interface4)
{
  if (source) {
    struct ip_mreq_source request;
    request.imr_multiaddr = group->sin_addr;
    request.imr_sourceaddr = source->sin_addr;
    request.imr_interface.s_addr = interface4;
    return pier_os_setsockopt(s, IPPROTO_IP,
                              join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, &request,
                              sizeof request);
  }
  struct ip_mreq request;
  request.imr_multiaddr = group->sin_addr;
  request.imr_interface.s_addr = interface4;
  return pier_os_setsockopt(s, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
                            sizeof request);
}

static int change6(pier_socket_t s, bool join, const struct sockaddr_in6 *group,
                   const struct sockaddr_in6 *source, unsigned index)
{
  if (source) {
    struct group_source_req request;
    memset(&request, 0, sizeof request);
    request.gsr_interface = index;
    memcpy(&request.gsr_group, group, sizeof *group);
    memcpy(&request.gsr_source, source, sizeof *source);
    return pier_os_setsockopt(s, IPPROTO_IPV6,
                              join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &request,
                              sizeof request);
  }
  struct ipv6_mreq request;
  request.ipv6mr_multiaddr = group->sin6_addr;
  request.ipv6mr_interface = index;
  return pier_os_setsockopt(s, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP,
                            &request, sizeof request);
}

int pier_os_multicast(pier_socket_t s, bool join, const struct sockaddr *group,
                      unsigned interface_index, const struct sockaddr *source)
{
  if (group->sa_family == AF_INET6)
    return change6(s, join, (const struct sockaddr_in6 *)group, (const struct sockaddr_in6 *)source,
                   interface_index);
  const struct sockaddr_in *group4 = (const struct sockaddr_in *)group;
  const struct sockaddr_in *source4 = (const struct sockaddr_in *)source;
  DWORD interface4 = htonl(interface_index);
  int result = change4(s, join, group4, source4, interface4);
  if (result == 0 || interface_index == 0 || address_of_interface(interface_index, &interface4) < 0)
    return result;
  return change4(s, join, group4, source4, interface4);
}

#define BOOLEAN_ROW(l, n)                                                                          \
  {                                                                                                \
    .kind = PIER_OS_OPTION_BOOL, .level = (l), .name = (n)                                         \
  }
#define INT_ROW(l, n)                                                                              \
  {                                                                                                \
    .kind = PIER_OS_OPTION_INT, .level = (l), .name = (n)                                          \
  }
#define CALL_ROW(s, g)                                                                             \
  {                                                                                                \
    .kind = PIER_OS_OPTION_CALL, .set = (s), .get = (g)                                            \
  }

static const pier_os_option table[] = {
  [PIER_OPT_BIND] = CALL_ROW(set_bind, NULL),
  [PIER_OPT_NODELAY] = BOOLEAN_ROW(IPPROTO_TCP, TCP_NODELAY),
  [PIER_OPT_KEEPALIVE] = BOOLEAN_ROW(SOL_SOCKET, SO_KEEPALIVE),
  [PIER_OPT_LINGER_S] = CALL_ROW(set_linger, get_linger),
  [PIER_OPT_RECV_BUFFER] = INT_ROW(SOL_SOCKET, SO_RCVBUF),
  [PIER_OPT_SEND_BUFFER] = INT_ROW(SOL_SOCKET, SO_SNDBUF),
  [PIER_OPT_BROADCAST] = BOOLEAN_ROW(SOL_SOCKET, SO_BROADCAST),
  [PIER_OPT_V6ONLY] = {PIER_OS_OPTION_BOOL, false, 0, 0, IPPROTO_IPV6, IPV6_V6ONLY, NULL, NULL},
  [PIER_OPT_MULTICAST_TTL] = {PIER_OS_OPTION_INT, false, IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6,
                              IPV6_MULTICAST_HOPS, NULL, NULL},
  [PIER_OPT_MULTICAST_LOOP] = {PIER_OS_OPTION_BOOL, false, IPPROTO_IP, IP_MULTICAST_LOOP,
                               IPPROTO_IPV6, IPV6_MULTICAST_LOOP, NULL, NULL},
  [PIER_OPT_MULTICAST_INTERFACE] = CALL_ROW(set_multicast_interface, get_multicast_interface),
  [PIER_OPT_ERROR] = CALL_ROW(NULL, get_error),
  [PIER_OPT_TYPE] = INT_ROW(SOL_SOCKET, SO_TYPE),
  [PIER_OPT_FAMILY] = CALL_ROW(NULL, get_family),
  [PIER_OPT_PROTOCOL] = CALL_ROW(NULL, get_protocol),
  [PIER_OPT_LISTENING] = BOOLEAN_ROW(SOL_SOCKET, SO_ACCEPTCONN),
};

const pier_os_option *pier_os_option_row(pier_option option)
{
  return &table[option];
}
