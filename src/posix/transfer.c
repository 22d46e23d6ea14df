#include "check.h"

/* MSG_WAITALL and MSG_DONTWAIT are the kernel's; MSG_NOSIGNAL is 0 where it has none, and then the
   socket was settled with SO_NOSIGPIPE. */

static PIER_COLD pier_ssize_t send_again(pier_socket_t s, const void *data, size_t size, int flags)
{
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, send(s, data, size, flags));
  return pier_posix_check_size(result);
}

static PIER_COLD pier_ssize_t recv_again(pier_socket_t s, void *data, size_t size, int flags)
{
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, recv(s, data, size, flags));
  return pier_posix_check_size(result);
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
  if (PIER_UNLIKELY(result < 0))
    result = pier_posix_error();
  if (PIER_UNLIKELY(result == PIER_EINTR))
    return send_again(kept_s, kept_data, kept_size, kept_flags);
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
  PIER_POSIX_RESTART(result, sendto(s, data, size, flags | MSG_NOSIGNAL, to, len));
  return pier_posix_check_size(result);
}

pier_ssize_t pier_os_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                              struct sockaddr *from, socklen_t *len)
{
  pier_ssize_t result; /* an interrupted call has not touched *len */
  PIER_POSIX_RESTART(result, recvfrom(s, data, size, flags, from, len));
  return pier_posix_check_size(result);
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
  PIER_POSIX_RESTART(result, sendmsg(s, &native, flags | MSG_NOSIGNAL));
  return pier_posix_check_size(result);
}

/* Received descriptors are not inherited: where the kernel knows the flag, from the start. */
static int recvmsg_flags(int flags)
{
#ifdef MSG_CMSG_CLOEXEC
  return flags | MSG_CMSG_CLOEXEC;
#else
  return flags;
#endif
}

pier_ssize_t pier_os_recvmsg(pier_socket_t s, pier_msghdr *message, int flags)
{
  struct msghdr native = native_of(message);
  pier_ssize_t result;
  PIER_POSIX_RESTART(result, recvmsg(s, &native, recvmsg_flags(flags)));
  if (result < 0)
    return pier_posix_error();
  message->msg_namelen = native.msg_namelen;
  message->msg_controllen = native.msg_controllen;
  message->msg_flags = native.msg_flags;
  return result;
}
