#include "receive.h"

#include <string.h>

static int start(SOCKET s, pier_win32_reception *receive, DWORD *received, OVERLAPPED *overlapped)
{
  if (receive->message) {
    receive->message->dwFlags = receive->flags;
    return receive->receive_message(s, receive->message, received, overlapped, NULL);
  }
  receive->flags_back = receive->flags;
  return WSARecvFrom(s, receive->buffers, receive->count, received, &receive->flags_back,
                     (struct sockaddr *)receive->name, receive->name ? &receive->name_len : NULL,
                     overlapped, NULL);
}

static int receive_blocking(SOCKET s, pier_win32_reception *receive)
{
  receive->received = 0;
  return pier_win32_check(start(s, receive, &receive->received, NULL));
}

/* Marks as cancelled, says CancelIoEx's documentation, and does not wait; it fails where the receive
   has just completed. A mark can come while the receive is being tried again, and Wine loses such a
   one, so it is set until it has had its effect. */
static void cancel(SOCKET s, OVERLAPPED *overlapped, HANDLE event)
{
  do
    CancelIoEx((HANDLE)s, overlapped);
  while (WaitForSingleObject(event, 1) == WAIT_TIMEOUT);
}

/* What a completed overlapped receive has come to. Data that came before a cancellation is its
   result, and none is lost. */
static int finish(SOCKET s, pier_win32_reception *receive, OVERLAPPED *overlapped)
{
  DWORD flags;
  if (WSAGetOverlappedResult(s, overlapped, &receive->received, TRUE, &flags))
    return 0;
  if (WSAGetLastError() == WSA_OPERATION_ABORTED)
    return PIER_EAGAIN;
  return pier_win32_socket_error();
}

/* Winsock has no MSG_DONTWAIT; to ask whether there is something and then to receive would block
   when another thread takes it in between. An overlapped receive takes what is there, or waits by
   itself and can be cancelled. Each has an event of its own, for the socket as what is waited on
   would be signalled by other calls' completions too; a set lowest bit keeps the completion from
   a port that the user has associated (GetQueuedCompletionStatus's documentation). */
static int receive_now(SOCKET s, pier_win32_reception *receive)
{
  HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (event == NULL)
    return pier_win32_error();
  OVERLAPPED overlapped = {0};
  overlapped.hEvent = (HANDLE)((uintptr_t)event | 1);
  receive->received = 0;
  bool is_begun = start(s, receive, NULL, &overlapped) == 0;
  if (!is_begun && WSAGetLastError() == WSA_IO_PENDING) {
    cancel(s, &overlapped, event);
    is_begun = true;
  }
  int result = is_begun ? finish(s, receive, &overlapped) : pier_win32_socket_error();
  CloseHandle(event);
  return result;
}

int pier_win32_check_ready(SOCKET s, short events)
{
  if (s == INVALID_SOCKET) /* which a poll passes over */
    return PIER_ENOTSOCK;
  struct pollfd one = {s, events, 0};
  int ready = pier_os_poll(&one, 1, 0);
  if (ready < 0)
    return ready;
  if (one.revents & POLLNVAL)
    return PIER_ENOTSOCK;
  if (ready > 0)
    return 0;
  struct sockaddr_storage peer;
  int len = sizeof peer;
  bool is_lonely = getpeername(s, (struct sockaddr *)&peer, &len) == SOCKET_ERROR;
  return is_lonely && pier_os_type(s) == SOCK_STREAM ? PIER_ENOTCONN : PIER_EAGAIN;
}

/* Out-of-band data is never waited for: Berkeley's systems say PIER_EINVAL where there is none. It
   is asked for first because Wine does not always cancel such a receive. */
static int receive_urgent(SOCKET s, pier_win32_reception *r)
{
  int result = pier_win32_check_ready(s, POLLPRI);
  if (result == 0)
    result = receive_now(s, r);
  return result == PIER_EAGAIN ? PIER_EINVAL : result;
}

/* Microsoft documents MSG_PEEK for sockets without overlapped operations only, though recv takes it
   on all; should an overlapped one be refused, asking is left. */
int pier_win32_receive(SOCKET s, pier_win32_reception *r, int flags)
{
  r->flags = (DWORD)(flags & ~EMULATED_FLAGS);
  if (flags & MSG_OOB)
    return receive_urgent(s, r);
  if (!(flags & MSG_DONTWAIT))
    return receive_blocking(s, r);
  int result = receive_now(s, r);
  if (result == PIER_ENOTSUP && (flags & MSG_PEEK)) {
    result = pier_win32_check_ready(s, POLLIN);
    if (result == 0)
      result = receive_blocking(s, r);
  }
  return result;
}

/* WSARecvMsg is had from the provider only; all sockets of the base provider share it. */
int pier_win32_find_recvmsg(SOCKET s, LPFN_WSARECVMSG *out)
{
  static void *volatile cached;
  union {
    void *data;
    LPFN_WSARECVMSG code;
  } function = {cached};
  if (function.data == NULL) {
    GUID id = WSAID_WSARECVMSG;
    DWORD written;
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function.data,
                 sizeof function.data, &written, NULL, NULL) == SOCKET_ERROR)
      return pier_win32_socket_error();
    InterlockedExchangePointer(&cached, function.data);
  }
  *out = function.code;
  return 0;
}

int pier_win32_give_control(const WSABUF *control, pier_msghdr *message)
{
  size_t given = 0;
  bool is_whole = true;
  for (size_t at = 0; at + sizeof(WSACMSGHDR) <= control->len;) {
    const WSACMSGHDR *c = (const WSACMSGHDR *)(const void *)(control->buf + at);
    if (c->cmsg_len < sizeof *c)
      break;
    at += pier_win32_control_step(c);
    if (at > control->len)
      at = control->len;
    is_whole = at <= message->msg_controllen;
    if (!is_whole)
      break;
    given = at;
  }
  memcpy(message->msg_control, control->buf, given);
  message->msg_controllen = given;
  return is_whole ? 0 : MSG_CTRUNC;
}
