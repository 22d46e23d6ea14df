#include "receive.h"

#include <string.h>

#ifndef IP_RECVTTL
#define IP_RECVTTL 21 /* Windows SDK 10.0.17763's <ws2ipdef.h>, as the three below */
#endif
#ifndef IP_RECVTOS
#define IP_RECVTOS 40
#endif
#ifndef IPV6_TCLASS
#define IPV6_TCLASS 39
#endif
#ifndef IPV6_RECVTCLASS
#define IPV6_RECVTCLASS 40
#endif

/* The address and the interface are told together. */
int pier_os_info_option(int family, unsigned field, int *level, int *name)
{
  bool is_in6 = family == AF_INET6;
  *level = is_in6 ? IPPROTO_IPV6 : IPPROTO_IP;
  switch (field) {
  case PIER_INFO_LOCAL:
  case PIER_INFO_INTERFACE:
    *name = is_in6 ? IPV6_PKTINFO : IP_PKTINFO;
    break;
  case PIER_INFO_TTL:
    *name = is_in6 ? IPV6_HOPLIMIT : IP_RECVTTL;
    break;
  default:
    *name = is_in6 ? IPV6_RECVTCLASS : IP_RECVTOS;
    break;
  }
  return 0;
}

static pier_ssize_t write_one(void *control, int level, int type, const void *value, size_t size)
{
  WSACMSGHDR *header = (WSACMSGHDR *)control;
  memset(control, 0, PIER_OS_CONTROL_SIZE);
  header->cmsg_len = WSA_CMSG_LEN(size);
  header->cmsg_level = level;
  header->cmsg_type = type;
  memcpy(WSA_CMSG_DATA(header), value, size);
  return (pier_ssize_t)pier_win32_control_step(header);
}

/* WSASendMsg's documentation has the address and the interface, and no time to live or type of
   service. */
pier_ssize_t pier_os_info_write(int family, const pier_datagram_info *info, void *control)
{
  if (info->fields & (PIER_INFO_TTL | PIER_INFO_TOS))
    return PIER_ENOTSUP;
  if (family == AF_INET6) {
    IN6_PKTINFO origin;
    memset(&origin, 0, sizeof origin);
    origin.ipi6_addr = info->local.in6.sin6_addr;
    origin.ipi6_ifindex = info->interface_index;
    return write_one(control, IPPROTO_IPV6, IPV6_PKTINFO, &origin, sizeof origin);
  }
  IN_PKTINFO origin;
  memset(&origin, 0, sizeof origin);
  origin.ipi_addr = info->local.in.sin_addr;
  origin.ipi_ifindex = info->interface_index;
  return write_one(control, IPPROTO_IP, IP_PKTINFO, &origin, sizeof origin);
}

/* Copies what a piece of control data carries, as far as it goes; the rest is zeros. */
static void take(WSACMSGHDR *c, void *value, size_t size)
{
  size_t length = c->cmsg_len - WSA_CMSG_LEN(0);
  memset(value, 0, size);
  memcpy(value, WSA_CMSG_DATA(c), length < size ? length : size);
}

static void read_number(WSACMSGHDR *c, int *number, unsigned field, pier_datagram_info *info)
{
  take(c, number, sizeof *number); /* little-endian, so that a byte is a number too */
  info->fields |= field;
}

/* The time to live comes with the type IP_TTL, or with that of the option, IP_HOPLIMIT's older
   number; both are documented. */
static void read4(WSACMSGHDR *c, pier_datagram_info *info)
{
  if (c->cmsg_type == IP_PKTINFO) {
    IN_PKTINFO origin;
    take(c, &origin, sizeof origin);
    pier_address_any(AF_INET, 0, &info->local);
    info->local.in.sin_addr = origin.ipi_addr;
    info->interface_index = origin.ipi_ifindex;
    info->fields |= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
  } else if (c->cmsg_type == IP_TTL || c->cmsg_type == IP_RECVTTL) {
    read_number(c, &info->ttl, PIER_INFO_TTL, info);
  } else if (c->cmsg_type == IP_TOS || c->cmsg_type == IP_RECVTOS) {
    read_number(c, &info->tos, PIER_INFO_TOS, info);
  }
}

static void read6(WSACMSGHDR *c, pier_datagram_info *info)
{
  if (c->cmsg_type == IPV6_PKTINFO) {
    IN6_PKTINFO origin;
    take(c, &origin, sizeof origin);
    pier_address_any(AF_INET6, 0, &info->local);
    info->local.in6.sin6_addr = origin.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&origin.ipi6_addr))
      info->local.in6.sin6_scope_id = origin.ipi6_ifindex;
    info->interface_index = origin.ipi6_ifindex;
    info->fields |= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
  } else if (c->cmsg_type == IPV6_HOPLIMIT) {
    read_number(c, &info->ttl, PIER_INFO_TTL, info);
  } else if (c->cmsg_type == IPV6_TCLASS || c->cmsg_type == IPV6_RECVTCLASS) {
    read_number(c, &info->tos, PIER_INFO_TOS, info);
  }
}

void pier_os_info_read(const pier_msghdr *message, pier_datagram_info *info)
{
  char *at = (char *)message->msg_control;
  size_t left = message->msg_controllen;
  while (left > WSA_CMSG_LEN(0)) {
    WSACMSGHDR *c = (WSACMSGHDR *)(void *)at;
    if (c->cmsg_len <= WSA_CMSG_LEN(0) || c->cmsg_len > left)
      break;
    if (c->cmsg_level == IPPROTO_IP)
      read4(c, info);
    else if (c->cmsg_level == IPPROTO_IPV6)
      read6(c, info);
    size_t step = pier_win32_control_step(c);
    if (step >= left)
      break;
    at += step;
    left -= step;
  }
}
