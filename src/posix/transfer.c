#include "check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/time.h>

/* MSG_WAITALL and MSG_DONTWAIT are the kernel's; MSG_NOSIGNAL is 0 where it has none, and then the
   socket was settled with SO_NOSIGPIPE. */

PIER_COLD int pier_posix_go_on(pier_socket_t s, short events, int64_t *deadline)
{
  if (*deadline == 0) {
    struct timeval timeout = {0, 0};
    socklen_t len = sizeof timeout;
    if (getsockopt(s, SOL_SOCKET, events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO, &timeout, &len) < 0)
      return pier_posix_error();
    if (timeout.tv_sec == 0 && timeout.tv_usec == 0)
      return 1;
    *deadline = pier_os_now_ns() + (int64_t)timeout.tv_sec * 1000000000 + timeout.tv_usec * 1000;
  }
  struct pollfd one = {.fd = s, .events = events};
  int ready;
  do
    ready = pier_posix_check(poll(&one, 1, pier_ms_until(*deadline)));
  while (ready == PIER_EINTR);
  return ready == 0 ? PIER_EAGAIN : ready;
}

/* What a send has come to. macOS says EPROTOTYPE while a connection is torn down; Linux says EPIPE of
   one that has ended, and of one that has never been, which a look at what could be received tells. */
static pier_ssize_t explain_send(pier_socket_t s, pier_ssize_t result)
{
  char byte;
  if (result == PIER_EPROTOTYPE)
    return PIER_ECONNRESET;
  if (result != PIER_EPIPE)
    return result;
  bool is_lonely =
    pier_posix_check_size(recv(s, &byte, 1, MSG_PEEK | MSG_DONTWAIT)) == PIER_ENOTCONN;
  return is_lonely ? PIER_ENOTCONN : PIER_EPIPE;
}

static PIER_COLD pier_ssize_t send_again(pier_socket_t s, const void *data, size_t size, int flags,
                                         pier_ssize_t result)
{
  if (result == PIER_EINTR)
    PIER_POSIX_RESTART(result, s, POLLOUT, send(s, data, size, flags));
  return explain_send(s, result);
}

static PIER_COLD pier_ssize_t recv_again(pier_socket_t s, void *data, size_t size, int flags)
{
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, s, POLLIN, recv(s, data, size, flags));
  return result;
}

/* The two calls that programs are made of. A second try needs the arguments, and a compiler keeps
   them in registers that must be saved and restored around every call; volatile makes it keep them
   in memory, which is four stores and no more. bench/overhead counts. */

pier_ssize_t pier_os_send(pier_socket_t s, const void *data, size_t size, int flags)
{
  flags |= MSG_NOSIGNAL;
  volatile pier_socket_t kept_s = s;
  const void *volatile kept_data = data;
  volatile size_t kept_size = size;
  volatile int kept_flags = flags;
  pier_ssize_t result = send(s, data, size, flags);
  if (PIER_UNLIKELY(result < 0)) {
    result = pier_posix_error();
    if (result != PIER_EAGAIN)
      return send_again(kept_s, kept_data, kept_size, kept_flags, result);
  }
  return result;
}

pier_ssize_t pier_os_recv(pier_socket_t s, void *data, size_t size, int flags)
{
  volatile pier_socket_t kept_s = s;
  void *volatile kept_data = data;
  volatile size_t kept_size = size;
  volatile int kept_flags = flags;
  pier_ssize_t result = recv(s, data, size, flags);
  if (PIER_UNLIKELY(result < 0))
    result = pier_posix_error();
  if (PIER_UNLIKELY(result == PIER_EINTR))
    return recv_again(kept_s, kept_data, kept_size, kept_flags);
  return result;
}

pier_ssize_t pier_os_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                            const struct sockaddr *to, socklen_t len)
{
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, s, POLLOUT, sendto(s, data, size, flags | MSG_NOSIGNAL, to, len));
  return explain_send(s, result);
}

pier_ssize_t pier_os_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                              struct sockaddr *from, socklen_t *len)
{
  pier_ssize_t result; /* an interrupted call has not touched *len */
  PIER_POSIX_RESTART(result, s, POLLIN, recvfrom(s, data, size, flags, from, len));
  return result;
}

/* struct msghdr has the fields of pier_msghdr, with other types and paddings in each C library. */
static struct msghdr native_of(const pier_msghdr *message)
{
  struct msghdr native = {0};
  native.msg_name = message->msg_name;
  native.msg_namelen = message->msg_name ? message->msg_namelen : 0;
  /* POSIX lets a system refuse a message without pieces, and qemu's emulation passes it over. */
  static struct iovec none;
  size_t count = message->msg_iovlen;
  native.msg_iov = count > 0 ? message->msg_iov : &none;
  native.msg_iovlen = (__typeof__(native.msg_iovlen))(count > 0 ? count : 1);
  native.msg_control = message->msg_control;
  native.msg_controllen = (__typeof__(native.msg_controllen))message->msg_controllen;
  return native;
}

pier_ssize_t pier_os_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags)
{
  struct msghdr native = native_of(message);
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, s, POLLOUT, sendmsg(s, &native, flags | MSG_NOSIGNAL));
  return explain_send(s, result);
}

/* Received descriptors are not inherited. Where the kernel knows a flag for that, it gives the flag
   back beside what it tells; macOS has none, and the descriptors are looked for. */
#ifdef MSG_CMSG_CLOEXEC

#define RECVMSG_FLAGS MSG_CMSG_CLOEXEC

static void close_received_on_exec(struct msghdr *native)
{
  native->msg_flags &= ~MSG_CMSG_CLOEXEC;
}

#else

#define RECVMSG_FLAGS 0

static void close_received_on_exec(struct msghdr *native)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR(native); c; c = CMSG_NXTHDR(native, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
  }
}

#endif

pier_ssize_t pier_os_recvmsg(pier_socket_t s, pier_msghdr *message, int flags)
{
  struct msghdr native = native_of(message);
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, s, POLLIN, recvmsg(s, &native, flags | RECVMSG_FLAGS));
  if (result < 0)
    return result;
  close_received_on_exec(&native);
  message->msg_namelen = native.msg_namelen;
  message->msg_controllen = native.msg_controllen;
  message->msg_flags = native.msg_flags;
  return result;
}
