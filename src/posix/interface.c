#include "check.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

/* How much of an address there is: a BSD leaves out the zeros at a netmask's end. SIN6_LEN is RFC
   3493's word for addresses that tell their length. */
static size_t stored_length(const struct sockaddr *from, size_t whole)
{
#ifdef SIN6_LEN
  return from->sa_len < whole ? from->sa_len : whole;
#else
  (void)from;
  return whole;
#endif
}

/* KAME's kernels keep the zone of a link-local address in its bytes 2 and 3. */
static void clear_embedded_zone(pier_address *a)
{
#ifdef __KAME__
  uint8_t *bytes = a->in6.sin6_addr.s6_addr;
  if (a->sa.sa_family == AF_INET6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
    bytes[2] = bytes[3] = 0;
#else
  (void)a;
#endif
}

/* family is the interface's address's: a netmask may have none. */
static void copy_address(const struct sockaddr *from, int family, pier_address *to)
{
  memset(to, 0, sizeof *to);
  if (from == NULL)
    return;
  size_t whole = family == AF_INET ? sizeof to->in : sizeof to->in6;
  memcpy(&to->storage, from, stored_length(from, whole));
  to->sa.sa_family = (sa_family_t)family;
  to->len = (socklen_t)whole;
}

/* An interface that is up, but has no link, can carry nothing. */
static unsigned flags_of(unsigned native)
{
  unsigned flags = 0;
  if ((native & IFF_UP) && (native & IFF_RUNNING))
    flags |= PIER_IF_UP;
  if (native & IFF_LOOPBACK)
    flags |= PIER_IF_LOOPBACK;
  if (native & IFF_MULTICAST)
    flags |= PIER_IF_MULTICAST;
  if (native & IFF_BROADCAST)
    flags |= PIER_IF_BROADCAST;
  if (native & IFF_POINTOPOINT)
    flags |= PIER_IF_POINT_TO_POINT;
  return flags;
}

/* Linux labels a further IPv4 address of eth0 as eth0:1, which is no interface. */
static void copy_name(const char *from, char *name)
{
  size_t length = strcspn(from, ":");
  if (length >= IF_NAMESIZE)
    length = IF_NAMESIZE - 1;
  memcpy(name, from, length);
  name[length] = '\0';
}

static int take_entry(const struct ifaddrs *entry, pier_os_interface_taker *take, void *context)
{
  /* None, or of the link layer. */
  if (entry->ifa_addr == NULL ||
      (entry->ifa_addr->sa_family != AF_INET && entry->ifa_addr->sa_family != AF_INET6))
    return 0;
  int family = entry->ifa_addr->sa_family;
  char name[IF_NAMESIZE];
  copy_name(entry->ifa_name, name);
  pier_interface found = {0};
  found.name = name;
  found.index = if_nametoindex(name);
  if (found.index == 0) /* it has gone meanwhile, or else the question failed */
    return errno == ENXIO || errno == ENODEV ? 0 : pier_posix_error();
  found.flags = flags_of(entry->ifa_flags);
  copy_address(entry->ifa_addr, family, &found.address);
  clear_embedded_zone(&found.address);
  copy_address(entry->ifa_netmask, family, &found.netmask);
  if (family == AF_INET && (entry->ifa_flags & IFF_BROADCAST))
    copy_address(entry->ifa_broadaddr, family, &found.broadcast);
  return take(&found, context);
}

int pier_os_interfaces(pier_os_interface_taker *take, void *context)
{
  struct ifaddrs *entries;
  if (getifaddrs(&entries) < 0)
    return pier_posix_error();
  int result = 0;
  for (const struct ifaddrs *entry = entries; entry && result == 0; entry = entry->ifa_next)
    result = take_entry(entry, take, context);
  freeifaddrs(entries);
  return result;
}
