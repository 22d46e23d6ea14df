#include "receive.h"

#include <string.h>

/* pier_iovec is handed to Winsock as it is; its lengths have been checked to fit a ULONG. */
_Static_assert(sizeof(pier_iovec) == sizeof(WSABUF), "pier_iovec is laid out as WSABUF");
_Static_assert(offsetof(pier_iovec, iov_len) == offsetof(WSABUF, len), "the length comes first");
_Static_assert(offsetof(pier_iovec, iov_base) == offsetof(WSABUF, buf), "the pointer comes second");

/* The most bytes of a send that must not wait: a socket that is writable has room for as much. */
#define DONTWAIT_MAX 16384

/* Sends have no other way to carry out MSG_DONTWAIT than to ask first. A receive can be cancelled
   without a loss; a send that was cancelled may have gone out in part, Winsock does not tell how far,
   and Microsoft calls such a socket's state indeterminate. */
static int check_writable(pier_socket_t s, int flags)
{
  return flags & MSG_DONTWAIT ? pier_win32_check_ready(s, POLLOUT) : 0;
}

/* A datagram socket without a peer says the same as a stream's; POSIX tells them apart. */
static int send_error(pier_socket_t s)
{
  int error = pier_win32_socket_error();
  if (error == PIER_ENOTCONN && pier_os_type(s) == SOCK_DGRAM)
    return PIER_EDESTADDRREQ;
  return error == PIER_ESHUTDOWN ? PIER_EPIPE : error;
}

/* What a failed receive means; capacity is the size of the buffers. PIER_EINTR: nothing, receive
   again. */
static pier_ssize_t recv_error(pier_socket_t s, int error, size_t capacity)
{
  switch (error) {
  case PIER_EMSGSIZE: /* the buffers are full, and the rest of the datagram is gone */
    return (pier_ssize_t)capacity;
  case PIER_ESHUTDOWN:
    return 0;
  case PIER_ECONNRESET: /* of a datagram socket that was not settled: an earlier datagram's fate */
    return pier_os_type(s) == SOCK_DGRAM ? PIER_EINTR : error;
  case PIER_ENETRESET: /* the same; of a connection, keepalive's probes were not answered */
    return pier_os_type(s) == SOCK_DGRAM ? PIER_EINTR : PIER_ETIMEDOUT;
  default:
    return error;
  }
}

pier_ssize_t pier_os_send(pier_socket_t s, const void *data, size_t size, int flags)
{
  if (flags & EMULATED_FLAGS) {
    int ready = check_writable(s, flags);
    if (ready < 0)
      return ready;
    if ((flags & MSG_DONTWAIT) && size > DONTWAIT_MAX && pier_os_type(s) == SOCK_STREAM)
      size = DONTWAIT_MAX;
    flags &= ~EMULATED_FLAGS;
  }
  int result = send(s, (const char *)data, (int)size, flags);
  return result == SOCKET_ERROR ? send_error(s) : result;
}

pier_ssize_t pier_os_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                            const struct sockaddr *to, socklen_t len)
{
  int ready = check_writable(s, flags);
  if (ready < 0)
    return ready;
  if ((flags & MSG_DONTWAIT) && size > DONTWAIT_MAX && pier_os_type(s) == SOCK_STREAM)
    size = DONTWAIT_MAX;
  int result = sendto(s, (const char *)data, (int)size, flags & ~EMULATED_FLAGS, to, len);
  return result == SOCKET_ERROR ? send_error(s) : result;
}

static pier_ssize_t recv_native(pier_socket_t s, void *data, size_t size, int flags)
{
  if (flags & (MSG_DONTWAIT | MSG_OOB)) {
    WSABUF buffer = {(ULONG)size, (char *)data};
    pier_win32_reception r = {.buffers = &buffer, .count = 1};
    int error = pier_win32_receive(s, &r, flags);
    return error < 0 ? error : (pier_ssize_t)r.received;
  }
  int result = recv(s, (char *)data, (int)size, flags & ~EMULATED_FLAGS);
  return result == SOCKET_ERROR ? pier_win32_socket_error() : result;
}

static pier_ssize_t recv_once(pier_socket_t s, void *data, size_t size, int flags)
{
  pier_ssize_t result;
  do {
    result = recv_native(s, data, size, flags);
    if (result < 0)
      result = recv_error(s, (int)result, size);
  } while (result == PIER_EINTR);
  return result;
}

/* Winsock's MSG_WAITALL is refused on sockets that do not block, so a stream is read in a loop. An
   error behind some bytes is told by the next call. */
static pier_ssize_t recv_all(pier_socket_t s, void *data, size_t size, int flags)
{
  size_t done = 0;
  while (done < size) {
    pier_ssize_t result = recv_once(s, (char *)data + done, size - done, flags);
    if (result <= 0)
      return done > 0 ? (pier_ssize_t)done : result;
    done += (size_t)result;
  }
  return (pier_ssize_t)done;
}

/* Takes a datagram into no buffer at all, which Winsock may mistake for a question. */
static pier_ssize_t recv_nothing(pier_socket_t s, int flags)
{
  char scratch;
  pier_ssize_t result = recv_once(s, &scratch, sizeof scratch, flags);
  return result < 0 ? result : 0;
}

static bool is_stream(pier_socket_t s)
{
  return pier_os_type(s) == SOCK_STREAM;
}

pier_ssize_t pier_os_recv(pier_socket_t s, void *data, size_t size, int flags)
{
  if ((flags & MSG_WAITALL) && is_stream(s))
    return recv_all(s, data, size, flags);
  return size == 0 ? recv_nothing(s, flags) : recv_once(s, data, size, flags);
}

/* Winsock leaves the address alone on a connection; so its family is cleared before. */
static pier_ssize_t recvfrom_once(pier_socket_t s, void *data, size_t size, int flags,
                                  struct sockaddr *from, socklen_t *len)
{
  struct sockaddr_storage name;
  WSABUF buffer = {(ULONG)size, (char *)data};
  pier_win32_reception r = {.buffers = &buffer, .count = 1, .name = &name};
  pier_ssize_t received;
  do {
    r.name_len = sizeof name;
    name.ss_family = AF_UNSPEC;
    int error = pier_win32_receive(s, &r, flags);
    received = error < 0 ? recv_error(s, error, size) : (pier_ssize_t)r.received;
  } while (received == PIER_EINTR);
  if (received >= 0)
    pier_win32_give_address(&name, name.ss_family == AF_UNSPEC ? 0 : r.name_len, from, len);
  return received;
}

pier_ssize_t pier_os_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                              struct sockaddr *from, socklen_t *len)
{
  if (from == NULL)
    return pier_os_recv(s, data, size, flags);
  if (*len < 0)
    return PIER_EINVAL;
  if ((flags & MSG_WAITALL) && is_stream(s)) {
    pier_ssize_t result = recv_all(s, data, size, flags);
    if (result >= 0)
      *len = 0;
    return result;
  }
  if (size > 0)
    return recvfrom_once(s, data, size, flags, from, len);
  char scratch;
  pier_ssize_t result = recvfrom_once(s, &scratch, sizeof scratch, flags, from, len);
  return result < 0 ? result : 0;
}

/* The pieces as Winsock wants them: one at least. */
typedef struct buffers {
  WSABUF *first;
  DWORD count;
  WSABUF none;
  char scratch;
} buffers;

/* scratch_size is what stands in for no pieces: 0 to send, 1 to receive. */
static void buffers_of(buffers *b, const pier_msghdr *message, ULONG scratch_size)
{
  b->none.len = scratch_size;
  b->none.buf = &b->scratch;
  b->first = (WSABUF *)(void *)message->msg_iov;
  b->count = (DWORD)message->msg_iovlen;
  for (size_t i = 0; i < message->msg_iovlen; i++)
    if (message->msg_iov[i].iov_len != 0)
      return;
  b->first = &b->none;
  b->count = 1;
}

static size_t capacity_of(const pier_msghdr *message)
{
  size_t capacity = 0;
  for (size_t i = 0; i < message->msg_iovlen; i++)
    capacity += message->msg_iov[i].iov_len;
  return capacity;
}

/* Sends the part of a long message that a send may take without waiting. */
static pier_ssize_t send_part(pier_socket_t s, const pier_msghdr *message, int flags)
{
  pier_iovec pieces[16];
  size_t count = 0;
  size_t room = DONTWAIT_MAX;
  for (size_t i = 0; i < message->msg_iovlen && count < 16 && room > 0; i++) {
    if (message->msg_iov[i].iov_len == 0)
      continue;
    pieces[count] = message->msg_iov[i];
    if (pieces[count].iov_len > room)
      pieces[count].iov_len = room;
    room -= pieces[count++].iov_len;
  }
  pier_msghdr part = *message;
  part.msg_iov = pieces;
  part.msg_iovlen = count;
  return pier_os_sendmsg(s, &part, flags);
}

pier_ssize_t pier_os_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags)
{
  int ready = check_writable(s, flags);
  if (ready < 0)
    return ready;
  if ((flags & MSG_DONTWAIT) && capacity_of(message) > DONTWAIT_MAX && is_stream(s))
    return send_part(s, message, flags);
  DWORD native_flags = (DWORD)(flags & ~EMULATED_FLAGS);
  DWORD sent = 0;
  buffers b;
  buffers_of(&b, message, 0);
  int result;
  if (message->msg_controllen != 0) {
    WSAMSG native = {message->msg_name,
                     message->msg_name ? message->msg_namelen : 0,
                     b.first,
                     b.count,
                     {(ULONG)message->msg_controllen, message->msg_control},
                     0};
    result = WSASendMsg(s, &native, native_flags, &sent, NULL, NULL);
  } else if (message->msg_name) {
    result = WSASendTo(s, b.first, b.count, &sent, native_flags, message->msg_name,
                       message->msg_namelen, NULL, NULL);
  } else {
    result = WSASend(s, b.first, b.count, &sent, native_flags, NULL, NULL);
  }
  return result == SOCKET_ERROR ? send_error(s) : (pier_ssize_t)sent;
}

/* Puts what was received into the user's message. */
static void give_message(pier_msghdr *message, const struct sockaddr_storage *name, int name_len,
                         int told)
{
  message->msg_flags = told;
  if (message->msg_name == NULL)
    message->msg_namelen = 0;
  else
    pier_win32_give_address(name, name->ss_family == AF_UNSPEC ? 0 : name_len, message->msg_name,
                            &message->msg_namelen);
}

/* WSAEMSGSIZE says that the data or the control data was cut, and not how many bytes came. So that
   it means the data, the control data goes through a buffer that it fits into. */
static pier_ssize_t recvmsg_with_control(pier_socket_t s, pier_msghdr *message, buffers *b,
                                         int flags)
{
  struct sockaddr_storage name;
  pier_win32_control control;
  bool is_own = message->msg_controllen < sizeof control;
  WSAMSG native = {(struct sockaddr *)&name, sizeof name, b->first, b->count, {0, NULL}, 0};
  native.Control.len = is_own ? (ULONG)sizeof control : (ULONG)message->msg_controllen;
  native.Control.buf = is_own ? control.bytes : (char *)message->msg_control;
  pier_win32_reception r = {.message = &native};
  int error = pier_win32_find_recvmsg(s, &r.receive_message);
  if (error < 0)
    return error;
  name.ss_family = AF_UNSPEC;
  error = pier_win32_receive(s, &r, flags);
  pier_ssize_t result =
    error < 0 ? recv_error(s, error, capacity_of(message)) : (pier_ssize_t)r.received;
  if (result < 0)
    return result;
  int told = (int)native.dwFlags & (MSG_TRUNC | MSG_CTRUNC);
  if (error == PIER_EMSGSIZE && !(told & MSG_CTRUNC))
    told |= MSG_TRUNC;
  if (is_own)
    told |= pier_win32_give_control(&native.Control, message);
  else
    message->msg_controllen = native.Control.len;
  give_message(message, &name, native.namelen, told);
  return result;
}

static pier_ssize_t recvmsg_plain(pier_socket_t s, pier_msghdr *message, buffers *b, int flags)
{
  struct sockaddr_storage name;
  pier_win32_reception r = {.buffers = b->first,
                            .count = b->count,
                            .name = &name,
                            .name_len = sizeof name};
  name.ss_family = AF_UNSPEC;
  int error = pier_win32_receive(s, &r, flags);
  pier_ssize_t result =
    error < 0 ? recv_error(s, error, capacity_of(message)) : (pier_ssize_t)r.received;
  if (result < 0)
    return result;
  message->msg_controllen = 0;
  give_message(message, &name, r.name_len, error == PIER_EMSGSIZE ? MSG_TRUNC : 0);
  return result;
}

/* MSG_WAITALL on a stream: piece after piece. */
static pier_ssize_t recvmsg_all(pier_socket_t s, pier_msghdr *message, int flags)
{
  pier_ssize_t done = 0;
  for (size_t i = 0; i < message->msg_iovlen; i++) {
    const pier_iovec *piece = &message->msg_iov[i];
    pier_ssize_t result = recv_all(s, piece->iov_base, piece->iov_len, flags);
    if (result < 0 && done == 0)
      return result;
    done += result > 0 ? result : 0;
    if (result < (pier_ssize_t)piece->iov_len)
      break;
  }
  message->msg_namelen = 0;
  message->msg_controllen = 0;
  message->msg_flags = 0;
  return done;
}

pier_ssize_t pier_os_recvmsg(pier_socket_t s, pier_msghdr *message, int flags)
{
  if (message->msg_name && message->msg_namelen < 0)
    return PIER_EINVAL;
  bool has_control = message->msg_controllen != 0;
  if (((flags & MSG_WAITALL) || has_control) && is_stream(s)) { /* streams have no control data */
    if (flags & MSG_WAITALL)
      return recvmsg_all(s, message, flags);
    has_control = false;
  }
  buffers b;
  buffers_of(&b, message, 1);
  pier_ssize_t result;
  do
    result = has_control ? recvmsg_with_control(s, message, &b, flags)
                         : recvmsg_plain(s, message, &b, flags);
  while (result == PIER_EINTR);
  if (b.first != &b.none || result <= 0)
    return result;
  message->msg_flags |= MSG_TRUNC; /* the byte in the scratch was one of a datagram's */
  return 0;
}
