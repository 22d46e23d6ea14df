#include "option.h"

#include "check.h"

#include <mstcpip.h>

/* Since Windows 10 1709 the times of keep-alive are options, which keep and give back what was set:
   TCP_KEEPIDLE, once TCP_KEEPALIVE, and TCP_KEEPINTVL, of the Windows SDK 10.0.16299's <ws2ipdef.h>.
   Before, Windows has SIO_KEEPALIVE_VALS alone, which sets all at once and cannot be read: what was
   set is remembered here, in a table of limited size. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL 17
#endif

/* What SIO_KEEPALIVE_VALS's documentation gives as Windows' own. */
#define DEFAULT_IDLE_S 7200
#define DEFAULT_INTERVAL_S 1

typedef struct keepalive {
  SOCKET socket; /* 0, which is no socket: free */
  int idle_s, interval_s;
} keepalive;

/* A socket has one slot, and takes it from another that has the same. */
#define SLOTS 1024
static keepalive slots[SLOTS];
static volatile LONG slots_used;
static SRWLOCK slots_lock = SRWLOCK_INIT;

static keepalive *slot_of(pier_socket_t s)
{
  return &slots[(s / 4) % SLOTS]; /* handles are multiples of 4 */
}

static keepalive recall(pier_socket_t s)
{
  keepalive found = {s, DEFAULT_IDLE_S, DEFAULT_INTERVAL_S};
  AcquireSRWLockShared(&slots_lock);
  if (slot_of(s)->socket == s)
    found = *slot_of(s);
  ReleaseSRWLockShared(&slots_lock);
  return found;
}

static void remember(const keepalive *times)
{
  AcquireSRWLockExclusive(&slots_lock);
  *slot_of(times->socket) = *times;
  slots_used = 1;
  ReleaseSRWLockExclusive(&slots_lock);
}

void pier_win32_forget_keepalive(pier_socket_t s)
{
  if (!slots_used) /* on every Windows that has the options */
    return;
  AcquireSRWLockExclusive(&slots_lock);
  if (slot_of(s)->socket == s)
    slot_of(s)->socket = 0;
  ReleaseSRWLockExclusive(&slots_lock);
}

static int apply(const keepalive *times, int on)
{
  struct tcp_keepalive values;
  DWORD written;
  values.onoff = on != 0;
  values.keepalivetime = (ULONG)times->idle_s * 1000;
  values.keepaliveinterval = (ULONG)times->interval_s * 1000;
  return pier_win32_check(WSAIoctl(times->socket, SIO_KEEPALIVE_VALS, &values, sizeof values, NULL,
                                   0, &written, NULL, NULL));
}

/* Windows names an option that it does not know in several ways. */
static bool is_unknown(int error)
{
  return error == PIER_ENOPROTOOPT || error == PIER_EINVAL || error == PIER_ENOTSUP;
}

/* Whether a socket has keep-alive at all: 0, or an error. */
static int check_stream(pier_socket_t s)
{
  int type = pier_os_type(s);
  return type < 0 ? type : type == SOCK_STREAM ? 0 : PIER_ENOTSUP;
}

/* Sets one time, 0 leaving the other as it is. */
static int set_by_control(pier_socket_t s, int idle_s, int interval_s)
{
  int result = check_stream(s);
  if (result < 0)
    return result;
  int on = pier_win32_get_int(s, SOL_SOCKET, SO_KEEPALIVE);
  if (on < 0)
    return on;
  keepalive times = recall(s);
  if (idle_s != 0)
    times.idle_s = idle_s;
  if (interval_s != 0)
    times.interval_s = interval_s;
  result = apply(&times, on);
  if (result == 0)
    remember(&times);
  return result;
}

int pier_win32_set_keepalive(pier_socket_t s, int on)
{
  int result = pier_win32_set_int(s, SOL_SOCKET, SO_KEEPALIVE, on);
  if (result < 0 || !on || !slots_used)
    return result;
  keepalive times = recall(s); /* what was set while it was off may not have been kept */
  bool is_default = times.idle_s == DEFAULT_IDLE_S && times.interval_s == DEFAULT_INTERVAL_S;
  return is_default ? 0 : apply(&times, 1);
}

int pier_win32_set_keepalive_idle(pier_socket_t s, int seconds)
{
  int result = pier_win32_set_int(s, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  return is_unknown(result) ? set_by_control(s, seconds, 0) : result;
}

int pier_win32_set_keepalive_interval(pier_socket_t s, int seconds)
{
  int result = pier_win32_set_int(s, IPPROTO_TCP, TCP_KEEPINTVL, seconds);
  return is_unknown(result) ? set_by_control(s, 0, seconds) : result;
}

static int get_time(pier_socket_t s, int name, int *seconds)
{
  int value = pier_win32_get_int(s, IPPROTO_TCP, name);
  if (is_unknown(value)) {
    value = check_stream(s);
    if (value == 0)
      value = name == TCP_KEEPIDLE ? recall(s).idle_s : recall(s).interval_s;
  }
  if (value < 0)
    return value;
  *seconds = value;
  return 0;
}

int pier_win32_get_keepalive_idle(pier_socket_t s, int *seconds)
{
  return get_time(s, TCP_KEEPIDLE, seconds);
}

int pier_win32_get_keepalive_interval(pier_socket_t s, int *seconds)
{
  return get_time(s, TCP_KEEPINTVL, seconds);
}
