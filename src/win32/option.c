#include "option.h"

#include "check.h"

#include <limits.h>

/* Of the Windows SDK's <ws2ipdef.h>, from 10.0.14393, 15063 and 17763 on. */
#ifndef TCP_FASTOPEN
#define TCP_FASTOPEN 15
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT 16
#endif
#ifndef TCP_MAXRTMS
#define TCP_MAXRTMS 14
#endif
#ifndef TCP_MAXRT
#define TCP_MAXRT 5
#endif

int pier_os_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len)
{
  return pier_win32_check(setsockopt(s, level, name, (const char *)value, len));
}

int pier_os_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len)
{
  return pier_win32_check(getsockopt(s, level, name, (char *)value, len));
}

int pier_win32_set_int(pier_socket_t s, int level, int name, int value)
{
  return pier_os_setsockopt(s, level, name, &value, sizeof value);
}

int pier_win32_get_int(pier_socket_t s, int level, int name)
{
  int value = 0; /* Windows writes a single byte of some booleans. */
  socklen_t len = sizeof value;
  int result = pier_os_getsockopt(s, level, name, &value, &len);
  return result < 0 ? result : value;
}

int pier_os_type(pier_socket_t s)
{
  int type = 0;
  int len = sizeof type;
  int result = getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &len);
  if (result == SOCKET_ERROR && WSAGetLastError() == WSANOTINITIALISED) {
    int started = pier_os_start();
    if (started < 0)
      return started;
    result = getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &len);
  }
  return result == SOCKET_ERROR ? pier_win32_socket_error() : type;
}

static int get_info(pier_socket_t s, WSAPROTOCOL_INFOW *info)
{
  socklen_t len = sizeof *info;
  return pier_os_getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, info, &len);
}

int pier_os_family(pier_socket_t s)
{
  WSAPROTOCOL_INFOW info;
  int result = get_info(s, &info);
  return result < 0 ? result : info.iAddressFamily;
}

static int get_family(pier_socket_t s, int *value)
{
  int family = pier_os_family(s);
  if (family < 0)
    return family;
  *value = family;
  return 0;
}

static int get_protocol(pier_socket_t s, int *value)
{
  WSAPROTOCOL_INFOW info;
  int result = get_info(s, &info);
  if (result == 0)
    *value = info.iProtocol;
  return result;
}

/* SO_REUSEADDR would let anyone take the port here, and TIME_WAIT keeps no server from its port;
   SO_EXCLUSIVEADDRUSE lets nobody. Of the two, one must be off before the other goes on. */
static int set_bind(pier_socket_t s, int intent)
{
  bool is_shared = intent == PIER_BIND_SHARED;
  if (intent == PIER_BIND_BALANCED) {
    int type = pier_os_type(s);
    return type < 0 ? type : PIER_ENOTSUP;
  }
  int on = is_shared ? SO_REUSEADDR : SO_EXCLUSIVEADDRUSE;
  int off = is_shared ? SO_EXCLUSIVEADDRUSE : SO_REUSEADDR;
  int result = pier_win32_set_int(s, SOL_SOCKET, on, 1);
  if (result == PIER_EINVAL && pier_win32_set_int(s, SOL_SOCKET, off, 0) == 0)
    result = pier_win32_set_int(s, SOL_SOCKET, on, 1);
  return result;
}

static int set_linger(pier_socket_t s, int seconds)
{
  struct linger linger;
  linger.l_onoff = seconds >= 0;
  linger.l_linger = (u_short)(seconds >= 0 ? seconds : 0);
  return pier_os_setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static int get_linger(pier_socket_t s, int *seconds)
{
  struct linger linger = {0, 0};
  socklen_t len = sizeof linger;
  int result = pier_os_getsockopt(s, SOL_SOCKET, SO_LINGER, &linger, &len);
  if (result == 0)
    *seconds = linger.l_onoff ? linger.l_linger : -1;
  return result;
}

/* ---- times ---- */

static int set_timeout(pier_socket_t s, int name, int ms)
{
  return pier_win32_set_int(s, SOL_SOCKET, name, ms > 0 ? ms : 0); /* 0: none */
}

static int get_dword(pier_socket_t s, int level, int name, DWORD *value)
{
  socklen_t len = sizeof *value;
  *value = 0;
  return pier_os_getsockopt(s, level, name, value, &len);
}

/* A number that was set elsewhere may be above what an int holds. */
static int to_ms(DWORD value, DWORD unit_ms)
{
  if (value == 0 || value == (DWORD)-1)
    return PIER_FOREVER;
  return value > (DWORD)INT_MAX / unit_ms ? INT_MAX : (int)(value * unit_ms);
}

static int get_timeout(pier_socket_t s, int name, int *ms)
{
  DWORD value;
  int result = get_dword(s, SOL_SOCKET, name, &value);
  if (result == 0)
    *ms = to_ms(value, 1);
  return result;
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

/* An older Windows names an option that it does not know in several ways. */
static int unknown_is_not_supported(int result)
{
  return result == PIER_ENOPROTOOPT || result == PIER_EINVAL ? PIER_ENOTSUP : result;
}

/* In milliseconds since Windows 10 1809, before in seconds; -1 is no limit. */
static int set_user_timeout(pier_socket_t s, int ms)
{
  int value = ms <= 0 ? -1 : ms;
  int result = unknown_is_not_supported(pier_win32_set_int(s, IPPROTO_TCP, TCP_MAXRTMS, value));
  if (result != PIER_ENOTSUP)
    return result;
  value = ms <= 0 ? -1 : (ms - 1) / 1000 + 1;
  return unknown_is_not_supported(pier_win32_set_int(s, IPPROTO_TCP, TCP_MAXRT, value));
}

static int get_user_timeout(pier_socket_t s, int *ms)
{
  DWORD value, unit = 1;
  int result = unknown_is_not_supported(get_dword(s, IPPROTO_TCP, TCP_MAXRTMS, &value));
  if (result == PIER_ENOTSUP) {
    unit = 1000;
    result = unknown_is_not_supported(get_dword(s, IPPROTO_TCP, TCP_MAXRT, &value));
  }
  if (result == 0)
    *ms = to_ms(value, unit);
  return result;
}

static int get_keepalive(pier_socket_t s, int *on)
{
  DWORD value;
  int result = get_dword(s, SOL_SOCKET, SO_KEEPALIVE, &value);
  if (result == 0)
    *on = value != 0;
  return result;
}

/* Since Windows 10 1703; before, the number is fixed. */
static int set_keepalive_count(pier_socket_t s, int count)
{
  return unknown_is_not_supported(pier_win32_set_int(s, IPPROTO_TCP, TCP_KEEPCNT, count));
}

static int get_keepalive_count(pier_socket_t s, int *count)
{
  DWORD value;
  int result = unknown_is_not_supported(get_dword(s, IPPROTO_TCP, TCP_KEEPCNT, &value));
  if (result == 0)
    *count = (int)value;
  return result;
}

/* Since Windows 10 1607. */
static int set_fastopen(pier_socket_t s, int on)
{
  return unknown_is_not_supported(pier_win32_set_int(s, IPPROTO_TCP, TCP_FASTOPEN, on));
}

static int get_fastopen(pier_socket_t s, int *on)
{
  DWORD value;
  int result = unknown_is_not_supported(get_dword(s, IPPROTO_TCP, TCP_FASTOPEN, &value));
  if (result == 0)
    *on = value != 0;
  return result;
}

/* ---- what is only read ---- */

/* SIOCATMARK tells the contrary of what it does elsewhere: TRUE where no urgent byte waits. Of urgent
   bytes in line Windows keeps no mark, and always says TRUE. */
static int get_at_mark(pier_socket_t s, int *value)
{
  int type = pier_os_type(s);
  if (type < 0)
    return type;
  int is_inline = pier_win32_get_int(s, SOL_SOCKET, SO_OOBINLINE);
  if (type != SOCK_STREAM || is_inline > 0)
    return PIER_ENOTSUP;
  u_long none_waits = TRUE;
  int result = pier_win32_check(ioctlsocket(s, (long)SIOCATMARK, &none_waits));
  if (result == 0)
    *value = !none_waits;
  return unknown_is_not_supported(result);
}

static int get_readable_bytes(pier_socket_t s, int *value)
{
  u_long bytes = 0;
  int result = pier_win32_check(ioctlsocket(s, (long)FIONREAD, &bytes));
  if (result == 0)
    *value = bytes > INT_MAX ? INT_MAX : (int)bytes;
  return unknown_is_not_supported(result);
}

static int get_error(pier_socket_t s, int *value)
{
  int native = pier_win32_get_int(s, SOL_SOCKET, SO_ERROR);
  if (native < 0)
    return native;
  *value = native ? pier_os_error_from_native(native) : 0;
  return 0;
}

static const pier_os_option table[] = {
  [PIER_OPT_BIND] = PIER_OS_CALL(set_bind, NULL),
  [PIER_OPT_NODELAY] = PIER_OS_BOOL(IPPROTO_TCP, TCP_NODELAY),
  [PIER_OPT_KEEPALIVE] = PIER_OS_CALL(pier_win32_set_keepalive, get_keepalive),
  [PIER_OPT_KEEPALIVE_IDLE_S] =
    PIER_OS_CALL(pier_win32_set_keepalive_idle, pier_win32_get_keepalive_idle),
  [PIER_OPT_KEEPALIVE_INTERVAL_S] =
    PIER_OS_CALL(pier_win32_set_keepalive_interval, pier_win32_get_keepalive_interval),
  [PIER_OPT_KEEPALIVE_COUNT] = PIER_OS_CALL(set_keepalive_count, get_keepalive_count),
  [PIER_OPT_LINGER_S] = PIER_OS_CALL(set_linger, get_linger),
  [PIER_OPT_RECV_TIMEOUT_MS] = PIER_OS_CALL(set_recv_timeout, get_recv_timeout),
  [PIER_OPT_SEND_TIMEOUT_MS] = PIER_OS_CALL(set_send_timeout, get_send_timeout),
  [PIER_OPT_RECV_BUFFER] = PIER_OS_INT(SOL_SOCKET, SO_RCVBUF),
  [PIER_OPT_SEND_BUFFER] = PIER_OS_INT(SOL_SOCKET, SO_SNDBUF),
  [PIER_OPT_BROADCAST] = PIER_OS_BOOL(SOL_SOCKET, SO_BROADCAST),
  [PIER_OPT_V6ONLY] = PIER_OS_TWINS(PIER_OS_OPTION_BOOL, 0, 0, IPPROTO_IPV6, IPV6_V6ONLY),
  [PIER_OPT_TTL] =
    PIER_OS_TWINS(PIER_OS_OPTION_INT, IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS),
  [PIER_OPT_TOS] = {.kind =
                      PIER_OS_OPTION_NONE}, /* IP_TOS: "Do not use", says its documentation. */
  [PIER_OPT_MULTICAST_TTL] = PIER_OS_TWINS(PIER_OS_OPTION_INT, IPPROTO_IP, IP_MULTICAST_TTL,
                                           IPPROTO_IPV6, IPV6_MULTICAST_HOPS),
  [PIER_OPT_MULTICAST_LOOP] = PIER_OS_TWINS(PIER_OS_OPTION_BOOL, IPPROTO_IP, IP_MULTICAST_LOOP,
                                            IPPROTO_IPV6, IPV6_MULTICAST_LOOP),
  [PIER_OPT_MULTICAST_INTERFACE] =
    PIER_OS_CALL(pier_win32_set_multicast_interface, pier_win32_get_multicast_interface),
  [PIER_OPT_DONT_FRAGMENT] =
    PIER_OS_TWINS(PIER_OS_OPTION_BOOL, IPPROTO_IP, IP_DONTFRAGMENT, IPPROTO_IPV6, IPV6_DONTFRAG),
  [PIER_OPT_USER_TIMEOUT_MS] = PIER_OS_CALL(set_user_timeout, get_user_timeout),
  [PIER_OPT_OOB_INLINE] = PIER_OS_BOOL(SOL_SOCKET, SO_OOBINLINE),
  [PIER_OPT_FASTOPEN] = PIER_OS_CALL(set_fastopen, get_fastopen),
  [PIER_OPT_ERROR] = PIER_OS_CALL(NULL, get_error),
  [PIER_OPT_TYPE] = PIER_OS_INT(SOL_SOCKET, SO_TYPE),
  [PIER_OPT_FAMILY] = PIER_OS_CALL(NULL, get_family),
  [PIER_OPT_PROTOCOL] = PIER_OS_CALL(NULL, get_protocol),
  [PIER_OPT_LISTENING] = PIER_OS_BOOL(SOL_SOCKET, SO_ACCEPTCONN),
  [PIER_OPT_AT_MARK] = PIER_OS_CALL(NULL, get_at_mark),
  [PIER_OPT_READABLE_BYTES] = PIER_OS_CALL(NULL, get_readable_bytes),
};

const pier_os_option *pier_os_option_row(pier_option option)
{
  return &table[option];
}
