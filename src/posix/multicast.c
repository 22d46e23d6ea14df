#include "option.h"

#include "check.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#ifdef MCAST_JOIN_GROUP

/* RFC 3678: Linux, macOS, FreeBSD. */

static int set_multicast_interface4(pier_socket_t s, unsigned index)
{
  struct ip_mreqn request = {.imr_ifindex = (int)index};
  return pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
}

/* FreeBSD gives back what was set; Linux the interface's address, which was not set. */
static int get_multicast_interface4(pier_socket_t s, int *index)
{
#ifdef IP_MULTICAST_IFINDEX /* macOS */
  int value = pier_posix_get_int(s, IPPROTO_IP, IP_MULTICAST_IFINDEX);
  if (value < 0)
    return value;
  *index = value;
  return 0;
#else
  struct ip_mreqn request = {.imr_ifindex = 0};
  socklen_t len = sizeof request;
  int result = pier_os_getsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &request, &len);
  if (result == 0 && len != sizeof request)
    result = PIER_ENOTSUP;
  if (result == 0)
    *index = request.imr_ifindex;
  return result;
#endif
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

/* An address comes back, not the index that was set. */
static int get_multicast_interface4(pier_socket_t s, int *index)
{
  (void)s;
  (void)index;
  return PIER_ENOTSUP;
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
    pier_posix_set_int(s, IPPROTO_IP, IP_MULTICAST_ALL, 0);
#endif
#ifdef IPV6_MULTICAST_ALL
  if (level == IPPROTO_IPV6)
    pier_posix_set_int(s, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
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

int pier_posix_set_multicast_interface(pier_socket_t s, int index)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return set_multicast_interface4(s, (unsigned)index);
  if (family == AF_INET6)
    return pier_posix_set_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  return family < 0 ? family : PIER_ENOTSUP;
}

int pier_posix_get_multicast_interface(pier_socket_t s, int *index)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return get_multicast_interface4(s, index);
  if (family != AF_INET6)
    return family < 0 ? family : PIER_ENOTSUP;
  int value = pier_posix_get_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF);
  if (value < 0)
    return value;
  *index = value;
  return 0;
}
