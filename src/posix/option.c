/* macOS hides the options of RFC 3542 without it: IPV6_DONTFRAG. */
#define __APPLE_USE_RFC_3542 1

#include "option.h"

#include "check.h"

#include <limits.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/time.h>

int pier_os_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len)
{
  return pier_posix_check(setsockopt(s, level, name, value, len));
}

int pier_os_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len)
{
  return pier_posix_check(getsockopt(s, level, name, value, len));
}

int pier_posix_set_int(pier_socket_t s, int level, int name, int value)
{
  return pier_os_setsockopt(s, level, name, &value, sizeof value);
}

int pier_posix_get_int(pier_socket_t s, int level, int name)
{
  int value = 0;
  socklen_t len = sizeof value;
  int result = pier_os_getsockopt(s, level, name, &value, &len);
  return result < 0 ? result : value;
}

int pier_os_type(pier_socket_t s)
{
  return pier_posix_get_int(s, SOL_SOCKET, SO_TYPE);
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
  return pier_posix_set_int(s, SOL_SOCKET, SO_REUSEPORT, on);
#else
  (void)s;
  (void)on;
  return 0;
#endif
}

static int set_balanced(pier_socket_t s, int on)
{
#if defined(SO_REUSEPORT_LB)
  return pier_posix_set_int(s, SOL_SOCKET, SO_REUSEPORT_LB, on);
#elif defined(SO_ATTACH_REUSEPORT_CBPF)
  return pier_posix_set_int(s, SOL_SOCKET, SO_REUSEPORT, on);
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
    result = pier_posix_set_int(s, SOL_SOCKET, SO_REUSEADDR, is_shared || type == SOCK_STREAM);
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
  int value = pier_posix_get_int(s, SOL_SOCKET, name);
  if (value < 0)
    return value;
  *bytes = undouble(value);
  return 0;
}

/* BSD refuses more than its maximum, which Linux and Windows cut it to: what is refused is asked
   for by half. */
static int set_buffer(pier_socket_t s, int name, int bytes)
{
  int result;
  do {
    result = pier_posix_set_int(s, SOL_SOCKET, name, bytes);
    bytes /= 2;
  } while (result == PIER_ENOBUFS && bytes > 0);
  return result;
}

static int set_recv_buffer(pier_socket_t s, int bytes)
{
  return set_buffer(s, SO_RCVBUF, bytes);
}

static int get_recv_buffer(pier_socket_t s, int *bytes)
{
  return get_buffer(s, SO_RCVBUF, bytes);
}

static int set_send_buffer(pier_socket_t s, int bytes)
{
  return set_buffer(s, SO_SNDBUF, bytes);
}

static int get_send_buffer(pier_socket_t s, int *bytes)
{
  return get_buffer(s, SO_SNDBUF, bytes);
}

/* ---- times ---- */

static int clamp(int64_t value)
{
  return value > INT_MAX ? INT_MAX : (int)value;
}

static int set_timeout(pier_socket_t s, int name, int ms)
{
  struct timeval timeout = {0, 0}; /* none */
  if (ms > 0) {
    timeout.tv_sec = ms / 1000;
    timeout.tv_usec = ms % 1000 * 1000;
  }
  return pier_os_setsockopt(s, SOL_SOCKET, name, &timeout, sizeof timeout);
}

/* Linux rounds up to its tick, of 1 to 10 ms. */
static int get_timeout(pier_socket_t s, int name, int *ms)
{
  struct timeval timeout = {0, 0};
  socklen_t len = sizeof timeout;
  int result = pier_os_getsockopt(s, SOL_SOCKET, name, &timeout, &len);
  if (result < 0)
    return result;
  int value = clamp((int64_t)timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000);
  *ms = value == 0 ? PIER_FOREVER : value;
  return 0;
}

static int set_recv_timeout(pier_socket_t s, int ms)
{
  return set_timeout(s, SO_RCVTIMEO, ms);
}

static int get_recv_timeout(pier_socket_t s, int *ms)
{
  return get_timeout(s, SO_RCVTIMEO, ms);
}

static int set_send_timeout(pier_socket_t s, int ms)
{
  return set_timeout(s, SO_SNDTIMEO, ms);
}

static int get_send_timeout(pier_socket_t s, int *ms)
{
  return get_timeout(s, SO_SNDTIMEO, ms);
}

/* How long TCP waits for an acknowledgement: Linux counts milliseconds, macOS and FreeBSD seconds.
   0 is the system's own. */
#if defined(TCP_USER_TIMEOUT)
#define USER_TIMEOUT_NAME TCP_USER_TIMEOUT
#define USER_TIMEOUT_UNIT_MS 1
#elif defined(TCP_RXT_CONNDROPTIME)
#define USER_TIMEOUT_NAME TCP_RXT_CONNDROPTIME
#define USER_TIMEOUT_UNIT_MS 1000
#elif defined(TCP_MAXUNACKTIME)
#define USER_TIMEOUT_NAME TCP_MAXUNACKTIME
#define USER_TIMEOUT_UNIT_MS 1000
#endif

#ifdef USER_TIMEOUT_NAME
static int set_user_timeout(pier_socket_t s, int ms)
{
  int units = ms <= 0 ? 0 : (ms - 1) / USER_TIMEOUT_UNIT_MS + 1;
  return pier_posix_set_int(s, IPPROTO_TCP, USER_TIMEOUT_NAME, units);
}

static int get_user_timeout(pier_socket_t s, int *ms)
{
  int units = pier_posix_get_int(s, IPPROTO_TCP, USER_TIMEOUT_NAME);
  if (units < 0)
    return units;
  *ms = units == 0 ? PIER_FOREVER : clamp((int64_t)units * USER_TIMEOUT_UNIT_MS);
  return 0;
}
#endif

/* ---- what Linux has as a number, and pier as a boolean ---- */

#ifdef IP_MTU_DISCOVER
/* IP_PMTUDISC_WANT, the kernel's default, fragments what is too long. */
static int set_dont_fragment(pier_socket_t s, int on)
{
  int family = pier_os_family(s);
  if (family == AF_INET)
    return pier_posix_set_int(s, IPPROTO_IP, IP_MTU_DISCOVER,
                              on ? IP_PMTUDISC_DO : IP_PMTUDISC_WANT);
  if (family == AF_INET6)
    return pier_posix_set_int(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                              on ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_WANT);
  return family < 0 ? family : PIER_ENOTSUP;
}

static int get_dont_fragment(pier_socket_t s, int *on)
{
  int family = pier_os_family(s);
  if (family != AF_INET && family != AF_INET6)
    return family < 0 ? family : PIER_ENOTSUP;
  int value = family == AF_INET ? pier_posix_get_int(s, IPPROTO_IP, IP_MTU_DISCOVER)
                                : pier_posix_get_int(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER);
  if (value < 0)
    return value;
  *on = value == IP_PMTUDISC_DO || value == IP_PMTUDISC_PROBE; /* the same numbers for IPv6 */
  return 0;
}
#endif

#ifdef TCP_FASTOPEN
#ifdef TCP_FASTOPEN_CONNECT
#define FASTOPEN_ON 1024 /* Linux: how many such connections may wait; it cuts it to its maximum */
#else
#define FASTOPEN_ON 1
#endif

static int set_fastopen(pier_socket_t s, int on)
{
  return pier_posix_set_int(s, IPPROTO_TCP, TCP_FASTOPEN, on ? FASTOPEN_ON : 0);
}

static int get_fastopen(pier_socket_t s, int *on)
{
  int value = pier_posix_get_int(s, IPPROTO_TCP, TCP_FASTOPEN);
  if (value < 0)
    return value;
  *on = value != 0;
  return 0;
}
#endif

/* ---- what is only read ---- */

/* A control operation that this kind of socket does not know is an option that it does not have. */
static int give(int result, int *value, int found)
{
  if (result == 0)
    *value = found;
  return result == PIER_ENOTTY || result == PIER_EINVAL ? PIER_ENOTSUP : result;
}

static int get_at_mark(pier_socket_t s, int *value)
{
  int found = pier_posix_check(sockatmark(s));
  return give(found < 0 ? found : 0, value, found);
}

static int get_readable_bytes(pier_socket_t s, int *value)
{
  int found = 0;
  int result = pier_posix_check(ioctl(s, FIONREAD, &found));
  return give(result, value, found);
}

static int get_error(pier_socket_t s, int *value)
{
  int native = pier_posix_get_int(s, SOL_SOCKET, SO_ERROR);
  if (native < 0)
    return native;
  *value = native ? pier_os_error_from_native(native) : 0;
  return 0;
}

/* OpenBSD takes IPv4's multicast options as unsigned char only, and all others take that too. */
static const pier_os_option table[] = {
  [PIER_OPT_BIND] = PIER_OS_CALL(set_bind, NULL),
  [PIER_OPT_NODELAY] = PIER_OS_BOOL(IPPROTO_TCP, TCP_NODELAY),
  [PIER_OPT_KEEPALIVE] = PIER_OS_BOOL(SOL_SOCKET, SO_KEEPALIVE),
#if defined(TCP_KEEPIDLE)
  [PIER_OPT_KEEPALIVE_IDLE_S] = PIER_OS_INT(IPPROTO_TCP, TCP_KEEPIDLE),
#elif defined(TCP_KEEPALIVE)
  [PIER_OPT_KEEPALIVE_IDLE_S] = PIER_OS_INT(IPPROTO_TCP, TCP_KEEPALIVE), /* macOS */
#endif
#ifdef TCP_KEEPINTVL
  [PIER_OPT_KEEPALIVE_INTERVAL_S] = PIER_OS_INT(IPPROTO_TCP, TCP_KEEPINTVL),
#endif
#ifdef TCP_KEEPCNT
  [PIER_OPT_KEEPALIVE_COUNT] = PIER_OS_INT(IPPROTO_TCP, TCP_KEEPCNT),
#endif
  [PIER_OPT_LINGER_S] = PIER_OS_CALL(set_linger, get_linger),
  [PIER_OPT_RECV_TIMEOUT_MS] = PIER_OS_CALL(set_recv_timeout, get_recv_timeout),
  [PIER_OPT_SEND_TIMEOUT_MS] = PIER_OS_CALL(set_send_timeout, get_send_timeout),
  [PIER_OPT_RECV_BUFFER] = PIER_OS_CALL(set_recv_buffer, get_recv_buffer),
  [PIER_OPT_SEND_BUFFER] = PIER_OS_CALL(set_send_buffer, get_send_buffer),
  [PIER_OPT_BROADCAST] = PIER_OS_BOOL(SOL_SOCKET, SO_BROADCAST),
  [PIER_OPT_V6ONLY] = PIER_OS_TWINS(PIER_OS_OPTION_BOOL, 0, 0, IPPROTO_IPV6, IPV6_V6ONLY),
  [PIER_OPT_TTL] =
    PIER_OS_TWINS(PIER_OS_OPTION_INT, IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS),
  [PIER_OPT_TOS] = PIER_OS_TWINS(PIER_OS_OPTION_INT, IPPROTO_IP, IP_TOS, IPPROTO_IPV6, IPV6_TCLASS),
  [PIER_OPT_MULTICAST_TTL] = {PIER_OS_OPTION_INT, true, IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6,
                              IPV6_MULTICAST_HOPS, NULL, NULL},
  [PIER_OPT_MULTICAST_LOOP] = {PIER_OS_OPTION_BOOL, true, IPPROTO_IP, IP_MULTICAST_LOOP,
                               IPPROTO_IPV6, IPV6_MULTICAST_LOOP, NULL, NULL},
  [PIER_OPT_MULTICAST_INTERFACE] =
    PIER_OS_CALL(pier_posix_set_multicast_interface, pier_posix_get_multicast_interface),
#if defined(IP_MTU_DISCOVER)
  [PIER_OPT_DONT_FRAGMENT] = PIER_OS_CALL(set_dont_fragment, get_dont_fragment),
#elif defined(IP_DONTFRAG) && defined(IPV6_DONTFRAG)
  [PIER_OPT_DONT_FRAGMENT] =
    PIER_OS_TWINS(PIER_OS_OPTION_BOOL, IPPROTO_IP, IP_DONTFRAG, IPPROTO_IPV6, IPV6_DONTFRAG),
#elif defined(IPV6_DONTFRAG)
  [PIER_OPT_DONT_FRAGMENT] = PIER_OS_TWINS(PIER_OS_OPTION_BOOL, 0, 0, IPPROTO_IPV6, IPV6_DONTFRAG),
#endif
#ifdef USER_TIMEOUT_NAME
  [PIER_OPT_USER_TIMEOUT_MS] = PIER_OS_CALL(set_user_timeout, get_user_timeout),
#endif
  [PIER_OPT_OOB_INLINE] = PIER_OS_BOOL(SOL_SOCKET, SO_OOBINLINE),
#ifdef TCP_FASTOPEN
  [PIER_OPT_FASTOPEN] = PIER_OS_CALL(set_fastopen, get_fastopen),
#endif
  [PIER_OPT_ERROR] = PIER_OS_CALL(NULL, get_error),
  [PIER_OPT_TYPE] = PIER_OS_INT(SOL_SOCKET, SO_TYPE),
  [PIER_OPT_FAMILY] = PIER_OS_CALL(NULL, get_family),
#ifdef SO_PROTOCOL
  [PIER_OPT_PROTOCOL] = PIER_OS_INT(SOL_SOCKET, SO_PROTOCOL),
#endif
  [PIER_OPT_LISTENING] = PIER_OS_BOOL(SOL_SOCKET, SO_ACCEPTCONN),
  [PIER_OPT_AT_MARK] = PIER_OS_CALL(NULL, get_at_mark),
  [PIER_OPT_READABLE_BYTES] = PIER_OS_CALL(NULL, get_readable_bytes),
};

const pier_os_option *pier_os_option_row(pier_option option)
{
  return &table[option];
}
