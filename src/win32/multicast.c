#include "option.h"

#include "check.h"

#include <iphlpapi.h>
#include <string.h>

/* ---- multicast: IPv4 takes an interface as an index in the form of an address 0.x.x.x ---- */

/* What has no 0.x.x.x (Wine) is asked again with the interface's first IPv4 address. Finds the
   interface of an index, or of an address where the index is 0. */
static int find_interface(unsigned index, DWORD address, MIB_IPADDRROW *found)
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
    *found = list.table.table[i];
    if (index ? found->dwIndex == index : found->dwAddr == address)
      return 0;
  }
  return PIER_EADDRNOTAVAIL;
}

static int address_of_interface(unsigned index, DWORD *address)
{
  MIB_IPADDRROW row;
  int result = find_interface(index, 0, &row);
  if (result == 0)
    *address = row.dwAddr;
  return result;
}

static int set_multicast_interface4(pier_socket_t s, unsigned index)
{
  DWORD interface4 = htonl(index);
  int result = pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &interface4, sizeof interface4);
  if (result == 0 || index == 0 || address_of_interface(index, &interface4) < 0)
    return result;
  return pier_os_setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &interface4, sizeof interface4);
}

int pier_win32_set_multicast_interface(pier_socket_t s, int index)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return set_multicast_interface4(s, (unsigned)index);
  if (family == AF_INET6)
    return pier_win32_set_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  return family < 0 ? family : PIER_ENOTSUP;
}

/* Windows gives the index, in host byte order, says IP_MULTICAST_IF's documentation; what took only
   an address (Wine) gives that. */
static int get_multicast_interface4(pier_socket_t s, int *index)
{
  DWORD value = 0;
  socklen_t len = sizeof value;
  int result = pier_os_getsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &value, &len);
  if (result < 0)
    return result;
  MIB_IPADDRROW row = {.dwIndex = value};
  if (value >= 0x1000000) /* what 0.x.x.x holds of an index has 24 bits */
    result = find_interface(0, value, &row);
  if (result == 0)
    *index = (int)row.dwIndex;
  return result;
}

int pier_win32_get_multicast_interface(pier_socket_t s, int *index)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return get_multicast_interface4(s, index);
  if (family != AF_INET6)
    return family < 0 ? family : PIER_ENOTSUP;
  int value = pier_win32_get_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF);
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
