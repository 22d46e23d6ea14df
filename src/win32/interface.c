#include "check.h"

#include <iphlpapi.h>

#include <stdlib.h>
#include <string.h>

/* What Microsoft advises to begin with, and how often the list may outgrow what the last call asked
   for before this gives up. */
#define FIRST_SIZE 15000
#define MOST_TRIES 8

/* Leaves *out as it is where there is nothing to list. */
static int list_adapters(IP_ADAPTER_ADDRESSES **out)
{
  const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER |
                      GAA_FLAG_SKIP_FRIENDLY_NAME;
  ULONG size = FIRST_SIZE, native = ERROR_BUFFER_OVERFLOW;
  for (int tries = 0; tries < MOST_TRIES && native == ERROR_BUFFER_OVERFLOW; tries++) {
    IP_ADAPTER_ADDRESSES *adapters = (IP_ADAPTER_ADDRESSES *)malloc(size);
    if (adapters == NULL)
      return PIER_ENOMEM;
    native = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, adapters, &size);
    if (native == ERROR_SUCCESS) {
      *out = adapters;
      return 0;
    }
    free(adapters);
  }
  if (native == ERROR_NO_DATA || native == ERROR_ADDRESS_NOT_ASSOCIATED) /* there are none */
    return 0;
  return native == ERROR_BUFFER_OVERFLOW ? PIER_EAGAIN : pier_os_error_from_native((int)native);
}

static unsigned flags_of(const IP_ADAPTER_ADDRESSES *adapter)
{
  unsigned flags = 0;
  if (adapter->OperStatus == IfOperStatusUp)
    flags |= PIER_IF_UP;
  if (!(adapter->Flags & IP_ADAPTER_NO_MULTICAST))
    flags |= PIER_IF_MULTICAST;
  switch (adapter->IfType) {
  case IF_TYPE_SOFTWARE_LOOPBACK:
    return flags | PIER_IF_LOOPBACK;
  case IF_TYPE_PPP:
  case IF_TYPE_SLIP:
  case IF_TYPE_TUNNEL:
    return flags | PIER_IF_POINT_TO_POINT;
  default:
    return flags | PIER_IF_BROADCAST;
  }
}

/* Wine has no index for IPv6, and Windows none where that is switched off: both are the same. */
static unsigned index_of(const IP_ADAPTER_ADDRESSES *adapter, int family)
{
  DWORD index = family == AF_INET6 ? adapter->Ipv6IfIndex : adapter->IfIndex;
  if (index == 0)
    index = family == AF_INET6 ? adapter->IfIndex : adapter->Ipv6IfIndex;
  return index;
}

static void set_netmask(pier_address *mask, int family, unsigned prefix)
{
  pier_address_any(family, 0, mask);
  uint8_t *bytes = family == AF_INET ? (uint8_t *)&mask->in.sin_addr : mask->in6.sin6_addr.s6_addr;
  unsigned most = family == AF_INET ? 32 : 128;
  if (prefix > most)
    prefix = most;
  memset(bytes, 0xff, prefix / 8);
  if (prefix % 8)
    bytes[prefix / 8] = (uint8_t)(0xff << (8 - prefix % 8));
}

/* Windows does not tell it. A network of one or two addresses has none (RFC 3021). */
static void set_broadcast(pier_interface *found, unsigned prefix)
{
  if (found->address.sa.sa_family != AF_INET || !(found->flags & PIER_IF_BROADCAST) || prefix > 30)
    return;
  found->broadcast = found->address;
  found->broadcast.in.sin_addr.s_addr |= ~found->netmask.in.sin_addr.s_addr;
}

static int take_address(const IP_ADAPTER_ADDRESSES *adapter,
                        const IP_ADAPTER_UNICAST_ADDRESS *unicast, pier_os_interface_taker *take,
                        void *context)
{
  const SOCKET_ADDRESS *from = &unicast->Address;
  int family = from->lpSockaddr->sa_family;
  pier_interface found = {0};
  if (pier_address_any(family, 0, &found.address) < 0 || from->iSockaddrLength < found.address.len)
    return 0;
  memcpy(&found.address.storage, from->lpSockaddr, (size_t)found.address.len);
  char name[PIER_OS_ZONE_MAX];
  found.index = index_of(adapter, family);
  pier_os_zone_name(found.index, name);
  found.name = name[0] ? name : adapter->AdapterName;
  found.flags = flags_of(adapter);
  set_netmask(&found.netmask, family, unicast->OnLinkPrefixLength);
  set_broadcast(&found, unicast->OnLinkPrefixLength);
  return take(&found, context);
}

int pier_os_interfaces(pier_os_interface_taker *take, void *context)
{
  IP_ADAPTER_ADDRESSES *adapters = NULL;
  int result = list_adapters(&adapters);
  for (const IP_ADAPTER_ADDRESSES *a = adapters; a && result == 0; a = a->Next)
    for (const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress; u && result == 0;
         u = u->Next)
      result = take_address(a, u, take, context);
  free(adapters);
  return result;
}
