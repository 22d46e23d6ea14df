#include "internal.h"

/* The flags that no call may have, checked where they are rare: MSG_PEEK with MSG_WAITALL would
   have to wait without taking, which macOS does for ever and Windows refuses. */
static bool flags_conflict(int flags)
{
  return (flags & (MSG_PEEK | MSG_WAITALL)) == (MSG_PEEK | MSG_WAITALL);
}

static size_t clamp(size_t size)
{
  return size > PIER_OS_TRANSFER_MAX ? PIER_OS_TRANSFER_MAX : size;
}

/* The sizes that need a thought: none at all, or more than a call takes. One comparison tells. */
static bool is_odd(size_t size)
{
  return size - 1 >= PIER_OS_TRANSFER_MAX;
}

/* Whether nothing is to be transferred: 1 on a stream, where a receive of nothing could block and a
   send of nothing says nothing; 0 on others, which know empty datagrams. */
static int is_nothing(pier_socket_t s, size_t size)
{
  if (size != 0)
    return 0;
  int type = pier_os_type(s);
  return type < 0 ? type : type == SOCK_STREAM;
}

static PIER_COLD pier_ssize_t send_odd(pier_socket_t s, const void *data, size_t size, int flags)
{
  int nothing = is_nothing(s, size);
  if (nothing != 0)
    return nothing < 0 ? nothing : 0;
  return pier_os_send(s, data, clamp(size), flags);
}

static PIER_COLD pier_ssize_t recv_odd(pier_socket_t s, void *data, size_t size, int flags)
{
  if (flags_conflict(flags))
    return PIER_EINVAL;
  int nothing = is_nothing(s, size);
  if (nothing != 0)
    return nothing < 0 ? nothing : 0;
  return pier_os_recv(s, data, clamp(size), flags);
}

pier_ssize_t pier_send(pier_socket_t s, const void *data, size_t size, int flags)
{
  if (PIER_UNLIKELY(data == NULL && size != 0))
    return PIER_EINVAL;
  if (PIER_UNLIKELY(is_odd(size)))
    return send_odd(s, data, size, flags);
  return pier_os_send(s, data, size, flags);
}

pier_ssize_t pier_recv(pier_socket_t s, void *data, size_t size, int flags)
{
  if (PIER_UNLIKELY(data == NULL && size != 0))
    return PIER_EINVAL;
  if (PIER_UNLIKELY(is_odd(size) || (flags & MSG_WAITALL)))
    return recv_odd(s, data, size, flags);
  return pier_os_recv(s, data, size, flags);
}

pier_ssize_t pier_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                         const struct sockaddr *to, socklen_t len)
{
  if (to == NULL)
    return len == 0 ? pier_send(s, data, size, flags) : PIER_EINVAL;
  if ((data == NULL && size != 0) || !pier_is_address(to, len))
    return PIER_EINVAL;
  int nothing = is_nothing(s, size);
  if (nothing != 0)
    return nothing < 0 ? nothing : 0;
  pier_ssize_t result = pier_os_sendto(s, data, clamp(size), flags, to, len);
  return result < 0 ? pier_address_error(s, to, len, (int)result) : result;
}

pier_ssize_t pier_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                           struct sockaddr *from, socklen_t *len)
{
  if ((data == NULL && size != 0) || (from == NULL) != (len == NULL) || flags_conflict(flags))
    return PIER_EINVAL;
  int nothing = is_nothing(s, size);
  if (nothing < 0)
    return nothing;
  if (nothing) {
    if (len)
      *len = 0;
    return 0;
  }
  return pier_os_recvfrom(s, data, clamp(size), flags, from, len);
}

/* Checks the pieces, and adds them up; the sum stops at one above the limit. */
static int sum(const pier_iovec *iov, size_t count, size_t *total)
{
  if (count > PIER_IOV_MAX)
    return PIER_EMSGSIZE;
  if (iov == NULL && count != 0)
    return PIER_EINVAL;
  *total = 0;
  for (size_t i = 0; i < count; i++) {
    if (iov[i].iov_base == NULL && iov[i].iov_len != 0)
      return PIER_EINVAL;
    if (iov[i].iov_len > PIER_OS_TRANSFER_MAX - *total) {
      *total = (size_t)PIER_OS_TRANSFER_MAX + 1;
      return 0;
    }
    *total += iov[i].iov_len;
  }
  return 0;
}

/* Copies the first PIER_OS_TRANSFER_MAX bytes' worth of pieces, and returns how many there are. */
static size_t clip(const pier_iovec *iov, size_t count, pier_iovec *clipped)
{
  size_t room = PIER_OS_TRANSFER_MAX;
  size_t i = 0;
  for (; i < count && room > 0; i++) {
    clipped[i] = iov[i];
    if (clipped[i].iov_len > room)
      clipped[i].iov_len = room;
    room -= clipped[i].iov_len;
  }
  return i;
}

static PIER_COLD pier_ssize_t sendmsg_clipped(pier_socket_t s, const pier_msghdr *message,
                                              int flags)
{
  pier_iovec clipped[PIER_IOV_MAX];
  pier_msghdr shorter = *message;
  shorter.msg_iovlen = clip(message->msg_iov, message->msg_iovlen, clipped);
  shorter.msg_iov = clipped;
  return pier_os_sendmsg(s, &shorter, flags);
}

static PIER_COLD pier_ssize_t recvmsg_clipped(pier_socket_t s, pier_msghdr *message, int flags)
{
  pier_iovec clipped[PIER_IOV_MAX];
  pier_iovec *iov = message->msg_iov;
  size_t count = message->msg_iovlen;
  message->msg_iovlen = clip(iov, count, clipped);
  message->msg_iov = clipped;
  pier_ssize_t result = pier_os_recvmsg(s, message, flags);
  message->msg_iov = iov;
  message->msg_iovlen = count;
  return result;
}

pier_ssize_t pier_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags)
{
  if (message == NULL || (message->msg_control == NULL && message->msg_controllen != 0) ||
      (message->msg_name && !pier_is_address(message->msg_name, message->msg_namelen)))
    return PIER_EINVAL;
  size_t total = 0;
  int checked = sum(message->msg_iov, message->msg_iovlen, &total);
  if (checked < 0)
    return checked;
  if (message->msg_controllen == 0) { /* descriptors can travel without data, so those go out */
    int nothing = is_nothing(s, total);
    if (nothing != 0)
      return nothing < 0 ? nothing : 0;
  }
  pier_ssize_t result = total > PIER_OS_TRANSFER_MAX ? sendmsg_clipped(s, message, flags)
                                                     : pier_os_sendmsg(s, message, flags);
  if (result < 0 && message->msg_name != NULL)
    return pier_address_error(s, message->msg_name, message->msg_namelen, (int)result);
  return result;
}

pier_ssize_t pier_recvmsg(pier_socket_t s, pier_msghdr *message, int flags)
{
  if (message == NULL || (message->msg_control == NULL && message->msg_controllen != 0) ||
      flags_conflict(flags))
    return PIER_EINVAL;
  size_t total = 0;
  int checked = sum(message->msg_iov, message->msg_iovlen, &total);
  if (checked < 0)
    return checked;
  int nothing = is_nothing(s, total);
  if (nothing < 0)
    return nothing;
  if (nothing) {
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = 0;
    return 0;
  }
  return total > PIER_OS_TRANSFER_MAX ? recvmsg_clipped(s, message, flags)
                                      : pier_os_recvmsg(s, message, flags);
}

/* The message that is made of pieces alone. struct msghdr has no const, and nothing writes. */
static pier_msghdr message_of(const pier_iovec *iov, int count)
{
  pier_msghdr message = {0};
  message.msg_iov = (pier_iovec *)(uintptr_t)iov;
  message.msg_iovlen = (size_t)count;
  return message;
}

pier_ssize_t pier_sendv(pier_socket_t s, const pier_iovec *iov, int count, int flags)
{
  if (count < 0)
    return PIER_EINVAL;
  pier_msghdr message = message_of(iov, count);
  return pier_sendmsg(s, &message, flags);
}

pier_ssize_t pier_recvv(pier_socket_t s, const pier_iovec *iov, int count, int flags)
{
  if (count < 0)
    return PIER_EINVAL;
  pier_msghdr message = message_of(iov, count);
  return pier_recvmsg(s, &message, flags);
}
