#include "check.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <string.h>

int pier_os_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len)
{
  return pier_posix_check(setsockopt(s, level, name, value, len));
}

int pier_os_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len)
{
  return pier_posix_check(getsockopt(s, level, name, value, len));
}

static int set_int(pier_socket_t s, int level, int name, int value)
{
  return pier_os_setsockopt(s, level, name, &value, sizeof value);
}

static int get_int(pier_socket_t s, int level, int name)
{
  int value = 0;
  socklen_t len = sizeof value;
  int result = pier_os_getsockopt(s, level, name, &value, &len);
  return result < 0 ? result : value;
}

int pier_os_type(pier_socket_t s)
{
  return get_int(s, SOL_SOCKET, SO_TYPE);
}

int pier_os_family(pier_socket_t s)
{
  struct sockaddr_storage name; /* SO_DOMAIN is not everywhere. */
  socklen_t len = sizeof name;
  int result = pier_posix_check(getsockname(s, (struct sockaddr *)&name, &len));
  return result < 0 ? result : name.ss_family;
}

static int get_family(pier_socket_t s, int *value)
{
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  *value = family;
  return 0;
}

/* On BSD several sockets need SO_REUSEPORT for one multicast port, where on Linux it means to
   spread what arrives; SO_ATTACH_REUSEPORT_CBPF is what only that kind has. */
static int set_shared(pier_socket_t s, int on)
{
#if defined(SO_REUSEPORT) && !defined(SO_ATTACH_REUSEPORT_CBPF)
  return set_int(s, SOL_SOCKET, SO_REUSEPORT, on);
#else
  (void)s;
  (void)on;
  return 0;
#endif
}

static int set_balanced(pier_socket_t s, int on)
{
#if defined(SO_REUSEPORT_LB)
  return set_int(s, SOL_SOCKET, SO_REUSEPORT_LB, on);
#elif defined(SO_ATTACH_REUSEPORT_CBPF)
  return set_int(s, SOL_SOCKET, SO_REUSEPORT, on);
#else
  (void)s;
  return on ? PIER_ENOTSUP : 0;
#endif
}

/* SO_REUSEADDR lets a stream server restart past connections in TIME_WAIT, and takes nothing from a
   port where somebody listens; for datagrams it would let anyone take the port. */
static int set_bind(pier_socket_t s, int intent)
{
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  bool is_shared = intent == PIER_BIND_SHARED;
  int result = set_balanced(s, intent == PIER_BIND_BALANCED);
  if (result == 0)
    result = set_shared(s, is_shared);
  if (result == 0)
    result = set_int(s, SOL_SOCKET, SO_REUSEADDR, is_shared || type == SOCK_STREAM);
  return result;
}

#ifdef SO_LINGER_SEC
#define LINGER_NAME SO_LINGER_SEC /* macOS counts SO_LINGER in ticks of its clock. */
#else
#define LINGER_NAME SO_LINGER
#endif

static int set_linger(pier_socket_t s, int seconds)
{
  struct linger linger = {.l_onoff = seconds >= 0, .l_linger = seconds >= 0 ? seconds : 0};
  return pier_os_setsockopt(s, SOL_SOCKET, LINGER_NAME, &linger, sizeof linger);
}

static int get_linger(pier_socket_t s, int *seconds)
{
  struct linger linger = {0};
  socklen_t len = sizeof linger;
  int result = pier_os_getsockopt(s, SOL_SOCKET, LINGER_NAME, &linger, &len);
  if (result == 0)
    *seconds = linger.l_onoff ? linger.l_linger : -1;
  return result;
}

/* Linux doubles what was set, for its own bookkeeping (socket(7)). */
static int undouble(int bytes)
{
#ifdef SO_RCVBUFFORCE
  return bytes / 2;
#else
  return bytes;
#endif
}

static int get_buffer(pier_socket_t s, int name, int *bytes)
{
  int value = get_int(s, SOL_SOCKET, name);
  if (value < 0)
    return value;
  *bytes = undouble(value);
  return 0;
}

static int set_recv_buffer(pier_socket_t s, int bytes)
{
  return set_int(s, SOL_SOCKET, SO_RCVBUF, bytes);
}

static int get_recv_buffer(pier_socket_t s, int *bytes)
{
  return get_buffer(s, SO_RCVBUF, bytes);
}

static int set_send_buffer(pier_socket_t s, int bytes)
{
  return set_int(s, SOL_SOCKET, SO_SNDBUF, bytes);
}

static int get_send_buffer(pier_socket_t s, int *bytes)
{
  return get_buffer(s, SO_SNDBUF, bytes);
}

static int get_error(pier_socket_t s, int *value)
{
  int native = get_int(s, SOL_SOCKET, SO_ERROR);
  if (native < 0)
    return native;
  *value = native ? pier_os_error_from_native(native) : 0;
  return 0;
}

#ifdef MCAST_JOIN_GROUP

/* RFC 3678: Linux, macOS, FreeBSD. */

static int set_multicast_interface4(pier_socket_t s, unsigned index)
{
  struct ip_mreqn request = {.imr_ifindex = (int)index};
  return pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
}

/* FreeBSD looks at the length in the address itself, where an address has one, which SIN6_LEN says
   (RFC 3493). */
static void copy_address(struct sockaddr_storage *to, const struct sockaddr *from, socklen_t len)
{
  memcpy(to, from, len);
#ifdef SIN6_LEN
  to->ss_len = (unsigned char)len;
#endif
}

static int join_or_leave(pier_socket_t s, bool join, int level, socklen_t len,
                         const struct sockaddr *group, unsigned index,
                         const struct sockaddr *source)
{
  if (source == NULL) {
    struct group_req request = {.gr_interface = index};
    copy_address(&request.gr_group, group, len);
    return pier_os_setsockopt(s, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request,
                              sizeof request);
  }
  struct group_source_req request = {.gsr_interface = index};
  copy_address(&request.gsr_group, group, len);
  copy_address(&request.gsr_source, source, len);
  return pier_os_setsockopt(s, level, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP,
                            &request, sizeof request);
}

#else

/* OpenBSD, NetBSD: IPv4 knows an interface by its address only. */

static int interface_address(unsigned index, struct in_addr *address)
{
  address->s_addr = htonl(INADDR_ANY);
  if (index == 0)
    return 0;
  char name[IF_NAMESIZE];
  struct ifaddrs *list;
  if (if_indextoname(index, name) == NULL || getifaddrs(&list) != 0)
    return pier_posix_error();
  int result = PIER_EADDRNOTAVAIL;
  for (const struct ifaddrs *i = list; i && result < 0; i = i->ifa_next) {
    if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && strcmp(i->ifa_name, name) == 0) {
      *address = ((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
      result = 0;
    }
  }
  freeifaddrs(list);
  return result;
}

static int set_multicast_interface4(pier_socket_t s, unsigned index)
{
  struct in_addr address;
  int result = interface_address(index, &address);
  if (result < 0)
    return result;
  return pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address);
}

static int join_or_leave(pier_socket_t s, bool join, int level, socklen_t len,
                         const struct sockaddr *group, unsigned index,
                         const struct sockaddr *source)
{
  (void)len;
  if (source)
    return PIER_ENOTSUP;
  if (level == IPPROTO_IPV6) {
    struct ipv6_mreq request = {.ipv6mr_interface = index};
    request.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)(const void *)group)->sin6_addr;
    return pier_os_setsockopt(s, level, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request,
                              sizeof request);
  }
  struct ip_mreq request;
  request.imr_multiaddr = ((const struct sockaddr_in *)(const void *)group)->sin_addr;
  int result = interface_address(index, &request.imr_interface);
  if (result < 0)
    return result;
  return pier_os_setsockopt(s, level, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
                            sizeof request);
}

#endif

/* Linux delivers every group that anyone on the machine joined, unless told not to. */
static void only_own_groups(pier_socket_t s, int level)
{
#ifdef IP_MULTICAST_ALL
  if (level == IPPROTO_IP)
    set_int(s, IPPROTO_IP, IP_MULTICAST_ALL, 0);
#endif
#ifdef IPV6_MULTICAST_ALL
  if (level == IPPROTO_IPV6)
    set_int(s, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
  (void)s;
  (void)level;
}

int pier_os_multicast(pier_socket_t s, bool join, const struct sockaddr *group,
                      unsigned interface_index, const struct sockaddr *source)
{
  bool is_in6 = group->sa_family == AF_INET6;
  int level = is_in6 ? IPPROTO_IPV6 : IPPROTO_IP;
  socklen_t len = is_in6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  int result = join_or_leave(s, join, level, len, group, interface_index, source);
  if (result == 0 && join)
    only_own_groups(s, level);
  return result;
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

/* IPv4 gives an address back, not the index that was set. */
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

#define BOOL(l, n)                                                                                 \
  {                                                                                                \
    .kind = PIER_OS_OPTION_BOOL, .level = (l), .name = (n)                                         \
  }
#define INT(l, n)                                                                                  \
  {                                                                                                \
    .kind = PIER_OS_OPTION_INT, .level = (l), .name = (n)                                          \
  }
#define CALL(s, g)                                                                                 \
  {                                                                                                \
    .kind = PIER_OS_OPTION_CALL, .set = (s), .get = (g)                                            \
  }

/* OpenBSD takes IPv4's multicast options as unsigned char only, and all others take that too. */
static const pier_os_option table[] = {
  [PIER_OPT_BIND] = CALL(set_bind, NULL),
  [PIER_OPT_NODELAY] = BOOL(IPPROTO_TCP, TCP_NODELAY),
  [PIER_OPT_KEEPALIVE] = BOOL(SOL_SOCKET, SO_KEEPALIVE),
  [PIER_OPT_LINGER_S] = CALL(set_linger, get_linger),
  [PIER_OPT_RECV_BUFFER] = CALL(set_recv_buffer, get_recv_buffer),
  [PIER_OPT_SEND_BUFFER] = CALL(set_send_buffer, get_send_buffer),
  [PIER_OPT_BROADCAST] = BOOL(SOL_SOCKET, SO_BROADCAST),
  [PIER_OPT_V6ONLY] = {PIER_OS_OPTION_BOOL, false, 0, 0, IPPROTO_IPV6, IPV6_V6ONLY, NULL, NULL},
  [PIER_OPT_MULTICAST_TTL] = {PIER_OS_OPTION_INT, true, IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6,
                              IPV6_MULTICAST_HOPS, NULL, NULL},
  [PIER_OPT_MULTICAST_LOOP] = {PIER_OS_OPTION_BOOL, true, IPPROTO_IP, IP_MULTICAST_LOOP,
                               IPPROTO_IPV6, IPV6_MULTICAST_LOOP, NULL, NULL},
  [PIER_OPT_MULTICAST_INTERFACE] = CALL(set_multicast_interface, get_multicast_interface),
  [PIER_OPT_ERROR] = CALL(NULL, get_error),
  [PIER_OPT_TYPE] = INT(SOL_SOCKET, SO_TYPE),
  [PIER_OPT_FAMILY] = CALL(NULL, get_family),
#ifdef SO_PROTOCOL
  [PIER_OPT_PROTOCOL] = INT(SOL_SOCKET, SO_PROTOCOL),
#endif
  [PIER_OPT_LISTENING] = BOOL(SOL_SOCKET, SO_ACCEPTCONN),
};

const pier_os_option *pier_os_option_row(pier_option option)
{
  return &table[option];
}
