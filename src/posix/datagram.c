/* macOS shows the options of RFC 3542 to those who ask for them. */
#define __APPLE_USE_RFC_3542 1

#include "check.h"

#include <string.h>

#if defined(IP_RECVIF) && !defined(IP_PKTINFO)
#include <net/if_dl.h>
#endif

/* IPv4's options are each system's own. Linux, macOS and NetBSD tell the address and the interface
   together, the other BSDs one by one. Linux gives what it tells the name of the socket's option, and
   the BSDs that of the option that made them tell. */
#if defined(IP_RECVPKTINFO)
#define LOCAL4_OPTION IP_RECVPKTINFO
#define INTERFACE4_OPTION IP_RECVPKTINFO
#elif defined(IP_PKTINFO)
#define LOCAL4_OPTION IP_PKTINFO
#define INTERFACE4_OPTION IP_PKTINFO
#else
#define LOCAL4_OPTION IP_RECVDSTADDR
#define INTERFACE4_OPTION IP_RECVIF
#endif

int pier_os_info_option(int family, unsigned field, int *level, int *name)
{
  bool is_in6 = family == AF_INET6;
  *level = is_in6 ? IPPROTO_IPV6 : IPPROTO_IP;
  switch (field) {
  case PIER_INFO_LOCAL:
    *name = is_in6 ? IPV6_RECVPKTINFO : LOCAL4_OPTION;
    return 0;
  case PIER_INFO_INTERFACE:
    *name = is_in6 ? IPV6_RECVPKTINFO : INTERFACE4_OPTION;
    return 0;
  case PIER_INFO_TTL:
    *name = is_in6 ? IPV6_RECVHOPLIMIT : IP_RECVTTL;
    return 0;
  default:
#ifdef IP_RECVTOS
    *name = is_in6 ? IPV6_RECVTCLASS : IP_RECVTOS;
    return 0;
#else
    *name = IPV6_RECVTCLASS;
    return is_in6 ? 0 : PIER_ENOTSUP;
#endif
  }
}

/* ---- writing ---- */

/* Control data under way. */
typedef struct writer {
  unsigned char *control;
  size_t length;
} writer;

static void append(writer *w, int level, int type, const void *value, size_t size)
{
  struct cmsghdr header;
  memset(&header, 0, sizeof header);
  header.cmsg_len = (__typeof__(header.cmsg_len))CMSG_LEN(size);
  header.cmsg_level = level;
  header.cmsg_type = type;
  memcpy(w->control + w->length, &header, sizeof header);
  memcpy(w->control + w->length + CMSG_LEN(0), value, size);
  w->length += CMSG_SPACE(size);
}

#ifdef IP_PKTINFO

static int append_origin4(writer *w, const pier_datagram_info *info)
{
  struct in_pktinfo origin;
  memset(&origin, 0, sizeof origin);
#if defined(IP_RECVPKTINFO) && IP_RECVPKTINFO != IP_PKTINFO
  origin.ipi_addr = info->local.in.sin_addr; /* NetBSD has one address for both directions */
#else
  origin.ipi_spec_dst = info->local.in.sin_addr;
#endif
  origin.ipi_ifindex = (__typeof__(origin.ipi_ifindex))info->interface_index;
  append(w, IPPROTO_IP, IP_PKTINFO, &origin, sizeof origin);
  return 0;
}

#else

static int append_origin4(writer *w, const pier_datagram_info *info)
{
  if (info->fields & PIER_INFO_INTERFACE)
    return PIER_ENOTSUP;
  append(w, IPPROTO_IP, IP_SENDSRCADDR, &info->local.in.sin_addr, sizeof info->local.in.sin_addr);
  return 0;
}

#endif

/* Only Linux, which has IP_RECVERR, documents these as control data that is sent (ip(7)). */
static int append_numbers4(writer *w, const pier_datagram_info *info)
{
#ifdef IP_RECVERR
  if (info->fields & PIER_INFO_TTL)
    append(w, IPPROTO_IP, IP_TTL, &info->ttl, sizeof info->ttl);
  if (info->fields & PIER_INFO_TOS)
    append(w, IPPROTO_IP, IP_TOS, &info->tos, sizeof info->tos);
  return 0;
#else
  (void)w;
  return info->fields & (PIER_INFO_TTL | PIER_INFO_TOS) ? PIER_ENOTSUP : 0;
#endif
}

/* RFC 3542 */
static void append_all6(writer *w, const pier_datagram_info *info)
{
  if (info->fields & (PIER_INFO_LOCAL | PIER_INFO_INTERFACE)) {
    struct in6_pktinfo origin;
    memset(&origin, 0, sizeof origin);
    origin.ipi6_addr = info->local.in6.sin6_addr;
    origin.ipi6_ifindex = info->interface_index;
    append(w, IPPROTO_IPV6, IPV6_PKTINFO, &origin, sizeof origin);
  }
  if (info->fields & PIER_INFO_TTL)
    append(w, IPPROTO_IPV6, IPV6_HOPLIMIT, &info->ttl, sizeof info->ttl);
  if (info->fields & PIER_INFO_TOS)
    append(w, IPPROTO_IPV6, IPV6_TCLASS, &info->tos, sizeof info->tos);
}

pier_ssize_t pier_os_info_write(int family, const pier_datagram_info *info, void *control)
{
  writer w = {(unsigned char *)control, 0};
  memset(control, 0, PIER_OS_CONTROL_SIZE);
  int result = 0;
  if (family == AF_INET6) {
    append_all6(&w, info);
  } else {
    if (info->fields & (PIER_INFO_LOCAL | PIER_INFO_INTERFACE))
      result = append_origin4(&w, info);
    if (result == 0)
      result = append_numbers4(&w, info);
  }
  return result < 0 ? result : (pier_ssize_t)w.length;
}

/* ---- reading ---- */

/* Copies what a piece of control data carries, as far as it goes; the rest is zeros. */
static void take(const struct cmsghdr *c, void *value, size_t size)
{
  size_t length = (size_t)c->cmsg_len - CMSG_LEN(0);
  memset(value, 0, size);
  memcpy(value, CMSG_DATA(c), length < size ? length : size);
}

/* The BSDs, and Linux for the type of service, tell IPv4's numbers in a byte. */
static int take_number(const struct cmsghdr *c)
{
  if (c->cmsg_len < CMSG_LEN(sizeof(int)))
    return *CMSG_DATA(c);
  int number;
  take(c, &number, sizeof number);
  return number;
}

#ifdef IP_PKTINFO

static void read_origin4(const struct cmsghdr *c, pier_datagram_info *info)
{
  if (c->cmsg_type != IP_PKTINFO)
    return;
  struct in_pktinfo origin;
  take(c, &origin, sizeof origin);
  pier_address_any(AF_INET, 0, &info->local);
  info->local.in.sin_addr = origin.ipi_addr;
  info->interface_index = (unsigned)origin.ipi_ifindex;
  info->fields |= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
}

#else

static void read_origin4(const struct cmsghdr *c, pier_datagram_info *info)
{
  if (c->cmsg_type == IP_RECVDSTADDR) {
    pier_address_any(AF_INET, 0, &info->local);
    take(c, &info->local.in.sin_addr, sizeof info->local.in.sin_addr);
    info->fields |= PIER_INFO_LOCAL;
  } else if (c->cmsg_type == IP_RECVIF) {
    struct sockaddr_dl link;
    take(c, &link, sizeof link);
    info->interface_index = link.sdl_index;
    info->fields |= PIER_INFO_INTERFACE;
  }
}

#endif

static void read4(const struct cmsghdr *c, pier_datagram_info *info)
{
  if (c->cmsg_type == IP_TTL || c->cmsg_type == IP_RECVTTL) {
    info->ttl = take_number(c);
    info->fields |= PIER_INFO_TTL;
    return;
  }
#ifdef IP_RECVTOS
  if (c->cmsg_type == IP_TOS || c->cmsg_type == IP_RECVTOS) {
    info->tos = take_number(c);
    info->fields |= PIER_INFO_TOS;
    return;
  }
#endif
  read_origin4(c, info);
}

static void read6(const struct cmsghdr *c, pier_datagram_info *info)
{
  if (c->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo origin;
    take(c, &origin, sizeof origin);
    pier_address_any(AF_INET6, 0, &info->local);
    info->local.in6.sin6_addr = origin.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&origin.ipi6_addr))
      info->local.in6.sin6_scope_id = origin.ipi6_ifindex;
    info->interface_index = origin.ipi6_ifindex;
    info->fields |= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
  } else if (c->cmsg_type == IPV6_HOPLIMIT) {
    info->ttl = take_number(c);
    info->fields |= PIER_INFO_TTL;
  } else if (c->cmsg_type == IPV6_TCLASS) {
    info->tos = take_number(c);
    info->fields |= PIER_INFO_TOS;
  }
}

void pier_os_info_read(const pier_msghdr *message, pier_datagram_info *info)
{
  struct msghdr native;
  memset(&native, 0, sizeof native);
  native.msg_control = message->msg_control;
  native.msg_controllen = (__typeof__(native.msg_controllen))message->msg_controllen;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&native); c; c = CMSG_NXTHDR(&native, c)) {
    if (c->cmsg_len <= CMSG_LEN(0))
      continue;
    if (c->cmsg_level == IPPROTO_IP)
      read4(c, info);
    else if (c->cmsg_level == IPPROTO_IPV6)
      read6(c, info);
  }
}
