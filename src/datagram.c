#include "internal.h"

#include <string.h>

static const unsigned all_fields[] = {PIER_INFO_LOCAL, PIER_INFO_INTERFACE, PIER_INFO_TTL,
                                      PIER_INFO_TOS};

#define FIELD_COUNT (sizeof all_fields / sizeof all_fields[0])
#define EVERY_FIELD                                                                                \
  ((unsigned)PIER_INFO_LOCAL | PIER_INFO_INTERFACE | PIER_INFO_TTL | PIER_INFO_TOS)

/* Control data is made of headers that are aligned like a size_t. */
typedef union control_space {
  uint64_t alignment;
  unsigned char bytes[PIER_OS_CONTROL_SIZE];
} control_space;

/* Whatever number a system gives an option that it does not know: the value is right. */
static int option_error(int error)
{
  return error == PIER_ENOPROTOOPT || error == PIER_EINVAL ? PIER_ENOTSUP : error;
}

/* Turns the telling of one field on, and says whether it was on before: 0 or 1, or an error. */
static int enable_one(pier_socket_t s, int family, unsigned field)
{
  int level, name;
  int result = pier_os_info_option(family, field, &level, &name);
  if (result < 0)
    return result;
  int was_on = 0, on = 1;
  socklen_t len = sizeof was_on;
  if (pier_os_getsockopt(s, level, name, &was_on, &len) < 0)
    was_on = 0; /* some cannot be read; then nobody else has turned it on */
  result = pier_os_setsockopt(s, level, name, &on, sizeof on);
  return result < 0 ? option_error(result) : was_on != 0;
}

static void disable_one(pier_socket_t s, int family, unsigned field)
{
  int level, name, off = 0;
  if (pier_os_info_option(family, field, &level, &name) == 0)
    pier_os_setsockopt(s, level, name, &off, sizeof off);
}

/* All of the fields, or none more than before. Two fields may have one option: what is undone is
   undone backwards. */
static int enable_all(pier_socket_t s, int family, unsigned fields)
{
  int was_on[FIELD_COUNT] = {0};
  for (size_t i = 0; i < FIELD_COUNT; i++) {
    if (!(fields & all_fields[i]))
      continue;
    was_on[i] = enable_one(s, family, all_fields[i]);
    if (was_on[i] >= 0)
      continue;
    int error = was_on[i];
    while (i-- > 0)
      if ((fields & all_fields[i]) && !was_on[i])
        disable_one(s, family, all_fields[i]);
    return error;
  }
  return 0;
}

int pier_datagram_info_enable(pier_socket_t s, unsigned fields)
{
  if (fields == 0 || (fields & ~EVERY_FIELD))
    return PIER_EINVAL;
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  if (type == SOCK_STREAM || (family != AF_INET && family != AF_INET6))
    return PIER_ENOTSUP;
  int result = enable_all(s, family, fields);
  if (result < 0 || family == AF_INET)
    return result;
  /* What comes to a dual-stack socket over IPv4 has options of its own, which one that is IPv6 alone
     may refuse, and some systems refuse on every IPv6 socket. */
  for (size_t i = 0; i < FIELD_COUNT; i++)
    if (fields & all_fields[i])
      enable_one(s, AF_INET, all_fields[i]);
  return 0;
}

/* ::ffff:1.2.3.4, as the sender's address on a dual-stack socket is written (RFC 4291). */
static void map(pier_address *a)
{
  struct in_addr in = a->in.sin_addr;
  pier_address_any(AF_INET6, 0, a);
  memset(&a->in6.sin6_addr.s6_addr[10], 0xff, 2);
  memcpy(&a->in6.sin6_addr.s6_addr[12], &in, sizeof in);
}

static void read_info(pier_socket_t s, const pier_msghdr *message, pier_datagram_info *info)
{
  memset(info, 0, sizeof *info);
  pier_os_info_read(message, info);
  info->msg_flags = message->msg_flags & (MSG_TRUNC | MSG_CTRUNC);
  if (!(info->fields & PIER_INFO_LOCAL) || info->local.sa.sa_family != AF_INET)
    return;
  int family = message->msg_namelen > 0 ? message->msg_name->sa_family : pier_os_family(s);
  if (family == AF_INET6)
    map(&info->local);
}

pier_ssize_t pier_recvinfo(pier_socket_t s, void *data, size_t size, int flags,
                           struct sockaddr *from, socklen_t *len, pier_datagram_info *info)
{
  if (info == NULL)
    return pier_recvfrom(s, data, size, flags, from, len);
  if ((data == NULL && size != 0) || (from == NULL) != (len == NULL) || (len && (int)*len < 0))
    return PIER_EINVAL;
  control_space control;
  struct sockaddr_storage name;
  pier_iovec piece = {.iov_base = data, .iov_len = size};
  pier_msghdr message = {.msg_name = (struct sockaddr *)&name,
                         .msg_namelen = sizeof name,
                         .msg_iov = &piece,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
  pier_ssize_t result = pier_recvmsg(s, &message, flags);
  if (result < 0)
    return result;
  if (from) {
    memcpy(from, &name, (size_t)(*len < message.msg_namelen ? *len : message.msg_namelen));
    *len = message.msg_namelen;
  }
  read_info(s, &message, info);
  return result;
}

/* The family that a datagram travels by: AF_INET also where an IPv6 socket sends to an IPv4 address.
   A stream has no datagrams, and would send the bytes as if nothing had been asked. */
static int family_of_datagram(pier_socket_t s, const struct sockaddr *to, socklen_t len)
{
  pier_address receiver;
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  if (type == SOCK_STREAM) /* which would send, and drop what is to go with it */
    return PIER_ENOTSUP;
  if (to) {
    if (len < pier_address_length(to->sa_family))
      return PIER_EINVAL;
    memcpy(&receiver.storage, to, (size_t)len);
    receiver.len = len;
  } else {
    receiver.len = sizeof receiver.storage;
    int result = pier_os_getpeername(s, &receiver.sa, &receiver.len);
    if (result < 0)
      return result == PIER_ENOTCONN ? PIER_EDESTADDRREQ : result;
  }
  pier_address_unmap(&receiver);
  int family = receiver.sa.sa_family;
  return family == AF_INET || family == AF_INET6 ? family : PIER_ENOTSUP;
}

/* Checks what is to go with a datagram, and gives what the fields do not name its neutral value. */
static int complete(int family, pier_datagram_info *info)
{
  if ((info->fields & ~EVERY_FIELD) ||
      ((info->fields & PIER_INFO_TTL) && (info->ttl < 1 || info->ttl > 255)) ||
      ((info->fields & PIER_INFO_TOS) && (info->tos < 0 || info->tos > 255)))
    return PIER_EINVAL;
  if (!(info->fields & PIER_INFO_INTERFACE))
    info->interface_index = 0;
  if (!(info->fields & PIER_INFO_LOCAL))
    return pier_address_any(family, 0, &info->local);
  pier_address_unmap(&info->local);
  if (info->local.sa.sa_family != family)
    return PIER_EAFNOSUPPORT;
  if (family == AF_INET6 && info->interface_index == 0)
    info->interface_index = info->local.in6.sin6_scope_id;
  return 0;
}

/* What a system calls an origin that is not to be had: Linux says that there is no such route, or
   that an argument is invalid, when all else has been checked. A bind knows. */
static int origin_error(pier_datagram_info *info, int error)
{
  if (error == PIER_EINVAL && (info->fields & (PIER_INFO_LOCAL | PIER_INFO_INTERFACE)))
    return PIER_EADDRNOTAVAIL;
  if (!(info->fields & PIER_INFO_LOCAL) ||
      (error != PIER_ENETUNREACH && error != PIER_EHOSTUNREACH))
    return error;
  pier_socket_t probe;
  if (pier_socket(info->local.sa.sa_family, SOCK_DGRAM, 0, &probe) < 0)
    return error;
  pier_address_set_port(&info->local, 0);
  int bound = pier_bind(probe, &info->local.sa, info->local.len);
  pier_close(probe);
  return bound == PIER_EADDRNOTAVAIL ? bound : error;
}

pier_ssize_t pier_sendinfo(pier_socket_t s, const void *data, size_t size, int flags,
                           const struct sockaddr *to, socklen_t len, const pier_datagram_info *info)
{
  if (info == NULL || info->fields == 0)
    return pier_sendto(s, data, size, flags, to, len);
  if ((data == NULL && size != 0) || (to ? !pier_is_address(to, len) : len != 0))
    return PIER_EINVAL;
  int family = family_of_datagram(s, to, len);
  if (family < 0)
    return family;
  pier_datagram_info wanted = *info;
  int result = complete(family, &wanted);
  if (result < 0)
    return result;
  control_space control;
  pier_ssize_t control_length = pier_os_info_write(family, &wanted, control.bytes);
  if (control_length < 0)
    return control_length;
  pier_iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
  pier_msghdr message = {.msg_name = (struct sockaddr *)(uintptr_t)to,
                         .msg_namelen = len,
                         .msg_iov = &piece,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = (size_t)control_length};
  pier_ssize_t sent = pier_sendmsg(s, &message, flags);
  return sent < 0 ? origin_error(&wanted, (int)sent) : sent;
}
