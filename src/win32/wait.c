#include "check.h"

/* As many entries as are kept on the stack; more are allocated for the time of the call. */
#define STACK_ENTRIES 64

/* WSAPoll refuses POLLPRI, which Winsock calls POLLRDBAND, and all that is reported unasked. */
static short native_events(short events)
{
  int native = 0;
  if (events & POLLRDNORM)
    native |= POLLRDNORM;
  if (events & POLLPRI)
    native |= POLLRDBAND;
  if (events & POLLWRNORM)
    native |= POLLWRNORM;
  return (short)native;
}

/* A hang-up or an error is something that a receive tells at once, and an error something that a
   send does: POLLIN and POLLOUT promise no more than that. */
static short portable_events(short asked, short native)
{
  int events = native & (POLLERR | POLLHUP | POLLNVAL);
  if (native & (POLLRDNORM | POLLHUP | POLLERR))
    events |= asked & POLLIN;
  if (native & (POLLWRNORM | POLLERR))
    events |= asked & POLLOUT;
  if (native & POLLRDBAND)
    events |= asked & POLLPRI;
  return (short)events;
}

/* Where no entry at all is an open socket, WSAPoll fails as a whole, and says nothing of each. */
static int mark_invalid(WSAPOLLFD *fds, ULONG count)
{
  int invalid = 0;
  for (ULONG i = 0; i < count; i++) {
    fds[i].revents = pier_os_type(fds[i].fd) < 0 ? POLLNVAL : 0;
    invalid += fds[i].revents != 0;
  }
  return invalid > 0 ? invalid : PIER_ENOTSOCK;
}

/* Before Windows 10 version 2004 (build 19041), WSAPoll says nothing of a connect that has failed,
   ever. The version is asked of ntdll, which does not lie to programs without a manifest. */
#define FIRST_GOOD_BUILD 19041

static bool wsapoll_misses_failures(void)
{
  static volatile LONG answer; /* 0: not asked yet, 1: no, 2: yes */
  if (answer == 0) {
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
    union {
      FARPROC data;
      get_version code;
    } function = {GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion")};
    OSVERSIONINFOW version = {sizeof version, 0, 0, 0, 0, {0}};
    bool is_known = function.data && function.code(&version) == 0;
    answer = is_known && version.dwBuildNumber >= FIRST_GOOD_BUILD ? 1 : 2;
  }
  return answer == 2;
}

static bool has_error(SOCKET s)
{
  int error = 0;
  return pier_get_option(s, PIER_OPT_ERROR, &error) == 0 && error != 0;
}

/* Winsock's select does tell, in its third set. */
static bool has_failed_to_connect(SOCKET s)
{
  fd_set one;
  struct timeval now = {0, 0};
  one.fd_count = 1;
  one.fd_array[0] = s;
  return select(0, NULL, NULL, &one, &now) == 1 && has_error(s);
}

static int find_failed_connects(WSAPOLLFD *fds, ULONG count)
{
  int found = 0;
  for (ULONG i = 0; i < count; i++) {
    if (fds[i].revents == 0 && (fds[i].events & POLLWRNORM) && has_failed_to_connect(fds[i].fd)) {
      fds[i].revents = POLLERR | POLLHUP;
      found++;
    }
  }
  return found;
}

static bool wants_writing(const WSAPOLLFD *fds, ULONG count)
{
  for (ULONG i = 0; i < count; i++)
    if (fds[i].events & POLLWRNORM)
      return true;
  return false;
}

/* How long a failed connect may go unnoticed where WSAPoll misses it, or where an out-of-band byte
   that nobody asked for hides it from select. */
#define BLIND_MS 100

static int poll_native(WSAPOLLFD *fds, ULONG count, int timeout_ms)
{
  if (count == 0) { /* WSAPoll refuses to sleep. */
    Sleep(timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
    return 0;
  }
  bool watches_connects = wsapoll_misses_failures() && wants_writing(fds, count);
  if (watches_connects && (timeout_ms < 0 || timeout_ms > BLIND_MS))
    timeout_ms = BLIND_MS; /* The caller goes on waiting. */
  int result = WSAPoll(fds, count, timeout_ms);
  if (result == SOCKET_ERROR)
    result = pier_win32_error();
  if (result == PIER_ENOTSOCK)
    return mark_invalid(fds, count);
  return result == 0 && watches_connects ? find_failed_connects(fds, count) : result;
}

static int poll_in(WSAPOLLFD *native, struct pollfd *fds, size_t count, int timeout_ms)
{
  ULONG native_count = 0;
  for (size_t i = 0; i < count; i++) {
    if (fds[i].fd == INVALID_SOCKET)
      continue;
    native[native_count].fd = fds[i].fd;
    native[native_count].events = native_events(fds[i].events);
    native[native_count++].revents = 0;
  }
  int result = poll_native(native, native_count, timeout_ms);
  if (result < 0)
    return result;
  int ready = 0; /* counted here: Wine leaves out entries with POLLNVAL. */
  const WSAPOLLFD *next = native;
  for (size_t i = 0; i < count; i++) {
    fds[i].revents = 0;
    if (fds[i].fd != INVALID_SOCKET)
      fds[i].revents = portable_events(fds[i].events, next++->revents);
    ready += fds[i].revents != 0;
  }
  return ready;
}

int pier_os_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
  WSAPOLLFD on_stack[STACK_ENTRIES];
  if (count <= STACK_ENTRIES)
    return poll_in(on_stack, fds, count, timeout_ms);
  WSAPOLLFD *native = NULL;
  if (count <= SIZE_MAX / sizeof *native)
    native = HeapAlloc(GetProcessHeap(), 0, count * sizeof *native);
  if (native == NULL)
    return PIER_ENOMEM;
  int result = poll_in(native, fds, count, timeout_ms);
  HeapFree(GetProcessHeap(), 0, native);
  return result;
}

/* ---- select ---- */

/* Working copies of the three sets, each laid out as an fd_set of its own size: the count, in the
   space of one SOCKET, and the sockets. The third also holds the sockets of the second, because
   Winsock tells a failed connect only there. */
typedef struct select_sets {
  fd_set *readable, *writable, *exceptional;
} select_sets;

_Static_assert(offsetof(fd_set, fd_array) == sizeof(SOCKET), "the count takes a SOCKET's space");

static u_int count_of(const fd_set *set)
{
  return set ? set->fd_count : 0;
}

static void append(fd_set *to, const fd_set *from)
{
  for (u_int i = 0; i < count_of(from); i++)
    to->fd_array[to->fd_count++] = from->fd_array[i];
}

static bool contains(const fd_set *set, SOCKET s)
{
  for (u_int i = 0; i < count_of(set); i++)
    if (set->fd_array[i] == s)
      return true;
  return false;
}

/* Leaves in the user's set what is in ready, or, where failed is given, has failed to connect. */
static int keep(fd_set *set, const fd_set *ready, const fd_set *failed)
{
  u_int kept = 0;
  for (u_int i = 0; i < count_of(set); i++) {
    SOCKET s = set->fd_array[i];
    if (contains(ready, s) || (failed && contains(failed, s) && has_error(s)))
      set->fd_array[kept++] = s;
  }
  if (set)
    set->fd_count = kept;
  return (int)kept;
}

/* Whether anything in the native answer is an answer to what was asked: out-of-band data on a
   socket that is watched for writing alone is none. */
static bool is_answer(const select_sets *sets, const fd_set *writable, const fd_set *exceptional)
{
  if (sets->readable->fd_count > 0 || sets->writable->fd_count > 0)
    return true;
  for (u_int i = 0; i < sets->exceptional->fd_count; i++) {
    SOCKET s = sets->exceptional->fd_array[i];
    if (contains(exceptional, s) || (contains(writable, s) && has_error(s)))
      return true;
  }
  return false;
}

static int select_native(select_sets *sets, const fd_set *readable, const fd_set *writable,
                         const fd_set *exceptional, bool with_connects, int timeout_ms)
{
  sets->readable->fd_count = sets->writable->fd_count = sets->exceptional->fd_count = 0;
  append(sets->readable, readable);
  append(sets->writable, writable);
  append(sets->exceptional, exceptional);
  if (with_connects)
    append(sets->exceptional, writable);
  struct timeval time = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  return pier_win32_check(
    select(0, sets->readable, sets->writable, sets->exceptional, timeout_ms < 0 ? NULL : &time));
}

static int select_in(SOCKET *space, fd_set *readable, fd_set *writable, fd_set *exceptional,
                     int timeout_ms)
{
  select_sets sets;
  sets.readable = (fd_set *)(void *)space;
  sets.writable = (fd_set *)(void *)(space + 1 + count_of(readable));
  sets.exceptional = (fd_set *)(void *)(space + 2 + count_of(readable) + count_of(writable));
  int result = select_native(&sets, readable, writable, exceptional, true, timeout_ms);
  if (result > 0 && !is_answer(&sets, writable, exceptional)) {
    if (timeout_ms < 0 || timeout_ms > BLIND_MS)
      timeout_ms = BLIND_MS;
    result = select_native(&sets, readable, writable, exceptional, false, timeout_ms);
  }
  if (result <= 0)
    return result;
  result = keep(readable, sets.readable, NULL);
  result += keep(writable, sets.writable, sets.exceptional);
  return result + keep(exceptional, sets.exceptional, NULL);
}

int pier_os_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   int timeout_ms)
{
  (void)nfds; /* a Winsock set knows its own length */
  size_t count =
    (size_t)count_of(readable) + 2 * (size_t)count_of(writable) + (size_t)count_of(exceptional);
  if (count == 0) /* select refuses to sleep. */
    return poll_native(NULL, 0, timeout_ms);
  SOCKET on_stack[3 + 2 * STACK_ENTRIES];
  if (count <= 2 * STACK_ENTRIES)
    return select_in(on_stack, readable, writable, exceptional, timeout_ms);
  SOCKET *space = HeapAlloc(GetProcessHeap(), 0, (count + 3) * sizeof *space);
  if (space == NULL)
    return PIER_ENOMEM;
  int result = select_in(space, readable, writable, exceptional, timeout_ms);
  HeapFree(GetProcessHeap(), 0, space);
  return result;
}

void pier_os_fd_zero(fd_set *set)
{
  set->fd_count = 0;
}

int64_t pier_os_now_ns(void)
{
  LARGE_INTEGER count, frequency;
  QueryPerformanceCounter(&count);
  QueryPerformanceFrequency(&frequency);
  int64_t seconds = count.QuadPart / frequency.QuadPart; /* in two parts, lest it overflow */
  int64_t rest = count.QuadPart % frequency.QuadPart;
  return seconds * 1000000000 + rest * 1000000000 / frequency.QuadPart;
}
