#include "check.h"

/* MSG_WAITALL and MSG_DONTWAIT are the kernel's; MSG_NOSIGNAL is 0 where it has none, and then the
   socket was settled with SO_NOSIGPIPE. */

pier_ssize_t pier_os_send(pier_socket_t s, const void *data, size_t size, int flags)
{
  return pier_posix_check_size(send(s, data, size, flags | MSG_NOSIGNAL));
}

pier_ssize_t pier_os_recv(pier_socket_t s, void *data, size_t size, int flags)
{
  return pier_posix_check_size(recv(s, data, size, flags));
}

pier_ssize_t pier_os_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                            const struct sockaddr *to, socklen_t len)
{
  return pier_posix_check_size(sendto(s, data, size, flags | MSG_NOSIGNAL, to, len));
}

pier_ssize_t pier_os_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                              struct sockaddr *from, socklen_t *len)
{
  return pier_posix_check_size(recvfrom(s, data, size, flags, from, len));
}

/* struct msghdr has the fields of pier_msghdr, with other types and paddings in each C library. */
static struct msghdr native_of(const pier_msghdr *message)
{
  struct msghdr native = {0};
  native.msg_name = message->msg_name;
  native.msg_namelen = message->msg_name ? message->msg_namelen : 0;
  native.msg_iov = message->msg_iov;
  native.msg_iovlen = (__typeof__(native.msg_iovlen))message->msg_iovlen;
  native.msg_control = message->msg_control;
  native.msg_controllen = (__typeof__(native.msg_controllen))message->msg_controllen;
  return native;
}

pier_ssize_t pier_os_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags)
{
  struct msghdr native = native_of(message);
  return pier_posix_check_size(sendmsg(s, &native, flags | MSG_NOSIGNAL));
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
  pier_ssize_t result = pier_posix_check_size(recvmsg(s, &native, recvmsg_flags(flags)));
  if (result < 0)
    return result;
  message->msg_namelen = native.msg_namelen;
  message->msg_controllen = native.msg_controllen;
  message->msg_flags = native.msg_flags;
  return result;
}
