#include "internal.h"

#include <limits.h>

/* What values an option takes, on every system; which of them it can carry out is in its table. */
static const struct {
  int min, max;
  bool read_only;
} ranges[] = {
  [PIER_OPT_BIND] = {PIER_BIND_EXCLUSIVE, PIER_BIND_BALANCED, false},
  [PIER_OPT_NODELAY] = {0, 1, false},
  [PIER_OPT_KEEPALIVE] = {0, 1, false},
  [PIER_OPT_KEEPALIVE_IDLE_S] = {1, 32767, false}, /* Linux's limits */
  [PIER_OPT_KEEPALIVE_INTERVAL_S] = {1, 32767, false},
  [PIER_OPT_KEEPALIVE_COUNT] = {1, 127, false},
  [PIER_OPT_LINGER_S] = {-1, 32767, false}, /* macOS keeps it in a short */
  [PIER_OPT_RECV_TIMEOUT_MS] = {PIER_FOREVER, INT_MAX, false},
  [PIER_OPT_SEND_TIMEOUT_MS] = {PIER_FOREVER, INT_MAX, false},
  [PIER_OPT_RECV_BUFFER] = {1, INT_MAX, false},
  [PIER_OPT_SEND_BUFFER] = {1, INT_MAX, false},
  [PIER_OPT_BROADCAST] = {0, 1, false},
  [PIER_OPT_V6ONLY] = {0, 1, false},
  [PIER_OPT_TTL] = {1, 255, false},
  [PIER_OPT_TOS] = {0, 255, false},
  [PIER_OPT_MULTICAST_TTL] = {0, 255, false},
  [PIER_OPT_MULTICAST_LOOP] = {0, 1, false},
  [PIER_OPT_MULTICAST_INTERFACE] = {0, INT_MAX, false},
  [PIER_OPT_DONT_FRAGMENT] = {0, 1, false},
  [PIER_OPT_USER_TIMEOUT_MS] = {PIER_FOREVER, INT_MAX, false},
  [PIER_OPT_OOB_INLINE] = {0, 1, false},
  [PIER_OPT_FASTOPEN] = {0, 1, false},
  [PIER_OPT_ERROR] = {0, 0, true},
  [PIER_OPT_TYPE] = {0, 0, true},
  [PIER_OPT_FAMILY] = {0, 0, true},
  [PIER_OPT_PROTOCOL] = {0, 0, true},
  [PIER_OPT_LISTENING] = {0, 0, true},
  [PIER_OPT_AT_MARK] = {0, 0, true},
  [PIER_OPT_READABLE_BYTES] = {0, 0, true},
};

/* Where an option stands for one socket. */
typedef struct place {
  int level, name;
  bool is_byte;
} place;

/* Which of the IPv4 and IPv6 twins it is. */
static int locate(pier_socket_t s, const pier_os_option *row, place *found)
{
  *found = (place){row->level, row->name, row->is_byte};
  if (row->level6 == 0)
    return 0;
  int family = pier_os_family(s);
  if (family == AF_INET6)
    *found = (place){row->level6, row->name6, false};
  else if (family >= 0 && (family != AF_INET || row->name == 0))
    return PIER_ENOTSUP;
  return family < 0 ? family : 0;
}

/* A bad handle is told before an option that is not there. */
static int missing(pier_socket_t s)
{
  int type = pier_os_type(s);
  return type < 0 ? type : PIER_ENOTSUP;
}

/* What the system does not know at this kind of socket is "not supported" here. */
static int not_supported(pier_socket_t s, int error)
{
  return error == PIER_ENOPROTOOPT || error == PIER_ENOTSUP ? missing(s) : error;
}

/* Whether an intent can be had for this socket: 1, or 0 where it holds by itself. A socket file is
   nobody else's anyway; and only datagrams can go to several receivers. */
static int check_bind(pier_socket_t s, int intent)
{
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  if (family == AF_UNIX)
    return intent == PIER_BIND_EXCLUSIVE ? 0 : PIER_ENOTSUP;
  if (intent != PIER_BIND_SHARED)
    return 1;
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  return type == SOCK_DGRAM ? 1 : PIER_ENOTSUP;
}

static int set_number(pier_socket_t s, const pier_os_option *row, int value)
{
  place at;
  int result = locate(s, row, &at);
  if (result < 0)
    return result;
  unsigned char byte = (unsigned char)value;
  return at.is_byte ? pier_os_setsockopt(s, at.level, at.name, &byte, sizeof byte)
                    : pier_os_setsockopt(s, at.level, at.name, &value, sizeof value);
}

static int get_number(pier_socket_t s, const pier_os_option *row, int *value)
{
  place at;
  int result = locate(s, row, &at);
  if (result < 0)
    return result;
  unsigned char byte = 0;
  int whole = 0; /* Windows writes a single byte of some booleans. */
  socklen_t len = at.is_byte ? sizeof byte : sizeof whole;
  result = at.is_byte ? pier_os_getsockopt(s, at.level, at.name, &byte, &len)
                      : pier_os_getsockopt(s, at.level, at.name, &whole, &len);
  if (result < 0)
    return result;
  *value = at.is_byte ? byte : whole;
  if (row->kind == PIER_OS_OPTION_BOOL)
    *value = *value != 0; /* BSD gives a flag's bit. */
  return 0;
}

/* Systems say in four ways that there is no such interface; asked for its name, they agree. */
static int explain_interface(int error, unsigned index)
{
  if (index == 0 || (error != PIER_EINVAL && error != PIER_EADDRNOTAVAIL && error != PIER_ENXIO))
    return error;
  char name[PIER_OS_ZONE_MAX];
  pier_os_zone_name(index, name);
  return name[0] == '\0' ? PIER_ENODEV : error;
}

int pier_set_option(pier_socket_t s, pier_option option, int value)
{
  if ((size_t)option >= sizeof ranges / sizeof ranges[0] || ranges[option].read_only ||
      value < ranges[option].min || value > ranges[option].max)
    return PIER_EINVAL;
  if (option == PIER_OPT_BIND) {
    int needed = check_bind(s, value);
    if (needed <= 0)
      return needed;
  }
  const pier_os_option *row = pier_os_option_row(option);
  if (row->kind == PIER_OS_OPTION_NONE || (row->kind == PIER_OS_OPTION_CALL && row->set == NULL))
    return missing(s);
  int result = not_supported(s, row->kind == PIER_OS_OPTION_CALL ? row->set(s, value)
                                                                 : set_number(s, row, value));
  return option == PIER_OPT_MULTICAST_INTERFACE ? explain_interface(result, (unsigned)value)
                                                : result;
}

int pier_get_option(pier_socket_t s, pier_option option, int *value)
{
  if ((size_t)option >= sizeof ranges / sizeof ranges[0] || value == NULL)
    return PIER_EINVAL;
  const pier_os_option *row = pier_os_option_row(option);
  if (row->kind == PIER_OS_OPTION_NONE || (row->kind == PIER_OS_OPTION_CALL && row->get == NULL))
    return missing(s);
  return not_supported(s, row->kind == PIER_OS_OPTION_CALL ? row->get(s, value)
                                                           : get_number(s, row, value));
}

int pier_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len)
{
  return value ? pier_os_setsockopt(s, level, name, value, len) : PIER_EINVAL;
}

int pier_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len)
{
  return value && len ? pier_os_getsockopt(s, level, name, value, len) : PIER_EINVAL;
}

static bool is_multicast(const struct sockaddr *group)
{
  if (group->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)group;
    return (ntohl(in->sin_addr.s_addr) & 0xf0000000u) == 0xe0000000u;
  }
  const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)group;
  return in6->sin6_addr.s6_addr[0] == 0xff;
}

static int multicast(pier_socket_t s, bool join, const struct sockaddr *group,
                     unsigned interface_index, const struct sockaddr *source)
{
  if (group == NULL)
    return PIER_EINVAL;
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  if ((family != AF_INET && family != AF_INET6) || group->sa_family != family ||
      (source && source->sa_family != family))
    return PIER_EAFNOSUPPORT;
  if (!is_multicast(group))
    return PIER_EINVAL;
  int result = not_supported(s, pier_os_multicast(s, join, group, interface_index, source));
  result = explain_interface(result, interface_index);
  /* All else is right: what a system finds invalid is that the group was not joined. */
  return result == PIER_EINVAL && !join ? PIER_EADDRNOTAVAIL : result;
}

int pier_multicast_join(pier_socket_t s, const struct sockaddr *group, unsigned interface_index,
                        const struct sockaddr *source)
{
  return multicast(s, true, group, interface_index, source);
}

int pier_multicast_leave(pier_socket_t s, const struct sockaddr *group, unsigned interface_index,
                         const struct sockaddr *source)
{
  return multicast(s, false, group, interface_index, source);
}
