#include "afd.h"
#include "wsapoll.h"

#include <limits.h>

/* As many entries as are kept on the stack; more are allocated for the time of the call. */
#define STACK_ENTRIES 64

/* The longest single wait; the caller goes on. The driver has been seen to give an event to the
   wrong one of two threads that wait for one socket's different events, and a shutdown of one's own
   is nothing that it tells. */
#define LONGEST_WAIT_MS 1000

/* The events to ask the driver for. A failure and the end of the stream are asked for always, since
   both may be, or become, what is reported unasked. */
static ULONG driver_events(short events)
{
  ULONG asked = PIER_AFD_ABORT | PIER_AFD_CONNECT_FAIL | PIER_AFD_LOCAL_CLOSE | PIER_AFD_DISCONNECT;
  if (events & POLLRDNORM)
    asked |= PIER_AFD_RECEIVE | PIER_AFD_ACCEPT;
  if (events & POLLPRI)
    asked |= PIER_AFD_RECEIVE_EXPEDITED;
  if (events & POLLWRNORM)
    asked |= PIER_AFD_SEND;
  return asked;
}

/* A failure is something that a receive and a send tell at once: POLLIN and POLLOUT promise no more
   than that. */
static short portable_events(const struct pollfd *fd, ULONG told)
{
  if (told & PIER_AFD_LOCAL_CLOSE)
    return POLLNVAL;
  int events = 0;
  if (told & (PIER_AFD_ABORT | PIER_AFD_CONNECT_FAIL))
    events |= POLLERR | POLLHUP | (fd->events & (POLLIN | POLLOUT));
  else if (told & PIER_AFD_DISCONNECT)
    events |= pier_wsapoll_end_events(fd);
  if (told & (PIER_AFD_RECEIVE | PIER_AFD_ACCEPT))
    events |= fd->events & POLLIN;
  if (told & PIER_AFD_SEND)
    events |= fd->events & POLLOUT;
  if (told & PIER_AFD_RECEIVE_EXPEDITED)
    events |= fd->events & POLLPRI;
  return (short)events;
}

/* A wait under way. The status of an entry that is asked for holds its place in the caller's list,
   since entries without a socket are left out. */
typedef struct request {
  struct pollfd *fds;
  size_t count;
  pier_afd_list *asked, *answer;
} request;

/* Asks for all sockets by their own handles, which are the driver's but for layered providers. */
static void ask_for_all(request *r)
{
  ULONG asked = 0;
  pier_afd_entry *entries = r->asked->entries;
  for (size_t i = 0; i < r->count; i++) {
    r->fds[i].revents = 0;
    if (r->fds[i].fd == INVALID_SOCKET)
      continue;
    entries[asked].handle = (HANDLE)r->fds[i].fd;
    entries[asked].events = driver_events(r->fds[i].events);
    entries[asked++].status = (LONG)i;
  }
  r->asked->count = asked;
}

/* Replaces handles by those that the driver knows, and leaves out what is no socket. Returns how
   many of those there are, or an error where a socket is none of the driver's. */
static int keep_sockets(request *r)
{
  ULONG kept = 0;
  pier_afd_entry *entries = r->asked->entries;
  for (ULONG i = 0; i < r->asked->count; i++) {
    struct pollfd *fd = &r->fds[entries[i].status];
    entries[kept] = entries[i];
    int error = pier_os_type(fd->fd); /* the driver may know another by a part of the handle */
    if (error >= 0)
      error = pier_afd_base(fd->fd, &entries[kept].handle);
    if (error == 0)
      kept++;
    else if (error == PIER_ENOTSOCK)
      fd->revents = POLLNVAL;
    else
      return error;
  }
  int left_out = (int)(r->asked->count - kept);
  r->asked->count = kept;
  return left_out;
}

/* Of several entries with one handle, those that asked for none of its events have no answer. */
static bool is_for(const pier_afd_entry *told, const pier_afd_entry *asked)
{
  return told->handle == asked->handle && (told->events & asked->events);
}

/* Gives the answer's events to the entries that they are for, and returns how many have any, or
   PIER_ENOTSOCK for an answer to what nobody asked. An end of stream that is nothing to the caller
   is asked for no more. */
static int take_answer(request *r)
{
  int ready = 0;
  ULONG place = 0;
  for (ULONG i = 0; i < r->answer->count; i++) {
    const pier_afd_entry *told = &r->answer->entries[i];
    while (place < r->asked->count && !is_for(told, &r->asked->entries[place]))
      place++;
    if (place == r->asked->count)
      return PIER_ENOTSOCK;
    pier_afd_entry *asked = &r->asked->entries[place++];
    struct pollfd *fd = &r->fds[asked->status];
    fd->revents = portable_events(fd, told->events);
    if (fd->revents != 0)
      ready++;
    else
      asked->events &= ~(told->events & PIER_AFD_DISCONNECT);
  }
  return ready;
}

static int wait_for_all(request *r, int timeout_ms)
{
  int64_t deadline = timeout_ms > 0 ? pier_os_now_ns() + (int64_t)timeout_ms * PIER_NS_PER_MS : 0;
  for (;;) {
    int answered = pier_afd_poll(r->asked, r->answer, timeout_ms);
    if (answered <= 0)
      return answered;
    int ready = take_answer(r);
    if (ready != 0)
      return ready;
    timeout_ms = timeout_ms > 0 ? pier_ms_until(deadline) : timeout_ms;
  }
}

static int poll_in(request *r, int timeout_ms)
{
  ask_for_all(r);
  if (r->asked->count == 0) {
    Sleep(timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
    return 0;
  }
  if (timeout_ms < 0 || timeout_ms > LONGEST_WAIT_MS)
    timeout_ms = LONGEST_WAIT_MS;
  int result = wait_for_all(r, timeout_ms);
  if (result >= 0)
    return result;
  int invalid = keep_sockets(r); /* The driver takes all or none. */
  if (invalid == PIER_WSANOTINITIALISED)
    return invalid;
  if (invalid >= 0 && r->asked->count == 0)
    return invalid;
  result = invalid >= 0 ? wait_for_all(r, invalid > 0 ? 0 : timeout_ms) : invalid;
  return result >= 0 ? result + invalid : pier_wsapoll(r->fds, r->count, timeout_ms);
}

int pier_os_poll(struct pollfd *fds, size_t count, int timeout_ms)
{
  union {
    pier_afd_list list;
    char room[PIER_AFD_SIZE(STACK_ENTRIES)];
  } asked, answer;
  request r = {fds, count, &asked.list, &answer.list};
  if (count <= STACK_ENTRIES)
    return poll_in(&r, timeout_ms);
  if (count >
      INT_MAX / sizeof(pier_afd_entry) / 2 - 2) /* for both lists, and as the driver counts */
    return PIER_ENOMEM;
  size_t size = PIER_AFD_SIZE(count + count % 2); /* a multiple of 8, for the second list's sake */
  char *room = HeapAlloc(GetProcessHeap(), 0, 2 * size);
  if (room == NULL)
    return PIER_ENOMEM;
  r.asked = (pier_afd_list *)(void *)room;
  r.answer = (pier_afd_list *)(void *)(room + size);
  int result = poll_in(&r, timeout_ms);
  HeapFree(GetProcessHeap(), 0, room);
  return result;
}

/* ---- select ---- */

static u_int count_of(const fd_set *set)
{
  return set ? set->fd_count : 0;
}

/* Looks for a socket, first where the search before would lead if both lists have one order.
   Returns its place, or count. */
static size_t find(const struct pollfd *fds, size_t count, SOCKET s, size_t *next)
{
  for (size_t i = 0; i < count; i++) {
    size_t place = *next + i < count ? *next + i : *next + i - count;
    if (fds[place].fd == s) {
      *next = place + 1 < count ? place + 1 : 0;
      return place;
    }
  }
  return count;
}

/* Adds a set to the list, with the event that it asks for. Returns the list's new length. */
static size_t add(struct pollfd *fds, size_t count, const fd_set *set, short event)
{
  size_t known = count, next = 0;
  for (u_int i = 0; i < count_of(set); i++) {
    size_t place = find(fds, known, set->fd_array[i], &next);
    if (place == known) {
      place = count++;
      fds[place].fd = set->fd_array[i];
      fds[place].events = 0;
    }
    fds[place].events |= event;
  }
  return count;
}

/* Leaves in the set what has one of the events, and returns how many those are. */
static int keep(fd_set *set, const struct pollfd *fds, size_t count, int events)
{
  u_int kept = 0;
  size_t next = 0;
  for (u_int i = 0; i < count_of(set); i++) {
    size_t place = find(fds, count, set->fd_array[i], &next);
    if (place < count && (fds[place].revents & events))
      set->fd_array[kept++] = set->fd_array[i];
  }
  if (set)
    set->fd_count = kept;
  return (int)kept;
}

/* Leaves only answers to what was asked, and passes over the sockets that have none: those that
   have hung up when nobody asked for that. Returns how many have an answer, or an error. */
static int keep_answers(struct pollfd *fds, size_t count)
{
  int answered = 0;
  for (size_t i = 0; i < count; i++) {
    if (fds[i].revents & POLLNVAL)
      return PIER_ENOTSOCK;
    bool has_hung_up = fds[i].revents != 0;
    fds[i].revents &= (short)(fds[i].events | POLLERR);
    if (fds[i].revents)
      answered++;
    else if (has_hung_up)
      fds[i].fd = INVALID_SOCKET;
  }
  return answered;
}

static int select_in(struct pollfd *fds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                     int timeout_ms)
{
  size_t count = add(fds, 0, readable, POLLIN);
  count = add(fds, count, writable, POLLOUT);
  count = add(fds, count, exceptional, POLLPRI);
  int64_t deadline = timeout_ms > 0 ? pier_os_now_ns() + (int64_t)timeout_ms * PIER_NS_PER_MS : 0;
  int result = pier_os_poll(fds, count, timeout_ms);
  while (result > 0 && (result = keep_answers(fds, count)) == 0) {
    timeout_ms = timeout_ms > 0 ? pier_ms_until(deadline) : timeout_ms;
    result = pier_os_poll(fds, count, timeout_ms);
  }
  if (result <= 0)
    return result == PIER_WSANOTINITIALISED ? PIER_ENOTSOCK : result;
  result = keep(readable, fds, count, POLLIN | POLLERR);
  result += keep(writable, fds, count, POLLOUT | POLLERR);
  return result + keep(exceptional, fds, count, POLLPRI | POLLERR);
}

int pier_os_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   int timeout_ms)
{
  (void)nfds; /* a Winsock set knows its own length */
  struct pollfd on_stack[STACK_ENTRIES];
  size_t count = (size_t)count_of(readable) + count_of(writable) + count_of(exceptional);
  if (count <= STACK_ENTRIES)
    return select_in(on_stack, readable, writable, exceptional, timeout_ms);
  struct pollfd *fds = NULL;
  if (count <= SIZE_MAX / sizeof *fds)
    fds = HeapAlloc(GetProcessHeap(), 0, count * sizeof *fds);
  if (fds == NULL)
    return PIER_ENOMEM;
  int result = select_in(fds, readable, writable, exceptional, timeout_ms);
  HeapFree(GetProcessHeap(), 0, fds);
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
