/* pier/transfer.h: sending and receiving.
 *
 * The eight calls are Berkeley's. What holds for each of them, beside what <pier/socket.h> says:
 *
 * Partial results  On a stream, a send may take, and a receive may give, fewer bytes than asked
 *                  for. A datagram goes whole or not at all.
 * Sizes            More than one system call takes is cut to what it takes: about 2 GiB.
 * No bytes         A size of 0 on a stream gives 0 at once, after the handle was checked. On a
 *                  datagram socket it sends an empty datagram, or takes one datagram and drops
 *                  its bytes. The data pointer may be NULL then, and only then.
 * Flags            MSG_PEEK, MSG_OOB, MSG_WAITALL, MSG_DONTWAIT, MSG_NOSIGNAL and MSG_EOR on every
 *                  system, and whatever else the system knows. MSG_PEEK with MSG_WAITALL is
 *                  PIER_EINVAL. MSG_NOSIGNAL is always on. MSG_WAITALL means something on streams
 *                  only, and may still give fewer bytes: at the end, after an error, and on a
 *                  socket that does not block.
 * Truncation       A datagram longer than the buffer gives its first bytes; the rest is lost.
 *                  pier_recvmsg tells, with MSG_TRUNC.
 * Errors           PIER_EAGAIN        it would block, and the socket or MSG_DONTWAIT says not to;
 *                  PIER_ECONNRESET    the peer reset the connection;
 *                  PIER_ECONNABORTED, PIER_ETIMEDOUT  the connection died;
 *                  PIER_EPIPE         sending: this side, or the peer, has closed this direction;
 *                  PIER_ENOTCONN      the socket has no peer, and none was given;
 *                  PIER_EDESTADDRREQ  the same, of a datagram socket;
 *                  PIER_ECANCELED     Windows: another thread closed the socket meanwhile;
 *                  PIER_EMSGSIZE      a datagram longer than the protocol takes;
 *                  PIER_EINVAL        MSG_OOB: there is no out-of-band data, or it comes inline;
 *                  PIER_ECONNREFUSED  POSIX: a datagram sent earlier on this connected socket
 *                                     found no receiver;
 *                  PIER_ENOBUFS, PIER_ENOMEM  no buffers: try again later;
 *                  PIER_ENETUNREACH, PIER_EHOSTUNREACH, PIER_EACCES, PIER_EPERM  sending: no
 *                                     route, or it is forbidden.
 *                  An expired SO_RCVTIMEO or SO_SNDTIMEO is PIER_EAGAIN on POSIX and
 *                  PIER_ETIMEDOUT on Windows.
 *                  A signal makes a receive or send with such a timeout wait up to once more its
 *                  length, never longer.
 * Systems          Windows: MSG_DONTWAIT on a send asks first and then sends, at most 16 KiB of a
 *                  stream; it can block if another thread takes the room in between. Use
 *                  pier_set_nonblocking where several threads send on one socket. A receive never
 *                  blocks, unless the socket was made elsewhere without WSA_FLAG_OVERLAPPED.
 */
#ifndef PIER_TRANSFER_H
#define PIER_TRANSFER_H

#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A message with its address and control data: struct msghdr, with the same field names. */
typedef struct pier_msghdr {
  struct sockaddr *msg_name; /* the peer's address, or NULL */
  socklen_t msg_namelen;     /* its length; before a receive, the room there is */
  pier_iovec *msg_iov;       /* the pieces of data */
  size_t msg_iovlen;         /* how many pieces: 0 … PIER_IOV_MAX */
  void *msg_control;         /* control data as the system lays it out, or NULL */
  size_t msg_controllen;     /* its length; before a receive, the room there is */
  int msg_flags;             /* set by a receive: MSG_TRUNC, MSG_CTRUNC, MSG_OOB, MSG_EOR */
} pier_msghdr;

/* Sends on a connected socket.
 *
 * data, size  the bytes; they are the system's when it returns, and yours again.
 * flags       see above.
 *
 * Returns how many bytes were taken, or an error code of the list above.
 */
PIER_API pier_ssize_t pier_send(pier_socket_t s, const void *data, size_t size, int flags);

/* Receives on a socket.
 *
 * Blocks until there is something, if the socket blocks.
 *
 * data, size  receives the bytes.
 * flags       see above.
 *
 * Returns how many bytes were received; 0 for an empty datagram, and on a stream for its orderly
 * end; or an error code of the list above.
 *
 * Systems  After shutdown with SHUT_RD: 0 at once, when what had come before is read (Windows drops
 *          that).
 */
PIER_API pier_ssize_t pier_recv(pier_socket_t s, void *data, size_t size, int flags);

/* Sends a datagram to an address.
 *
 * data, size  the datagram.
 * flags       see above.
 * to, len     the receiver; NULL and 0: the peer that pier_connect set.
 *
 * Returns size, or an error code of the list above, or
 *   PIER_EISCONN       the socket is connected, on systems that mind;
 *   PIER_EAFNOSUPPORT  an address of another family than the socket's;
 *   PIER_EINVAL        len is too short for the family.
 *
 * Systems  Windows binds an unbound socket here, as POSIX does.
 */
PIER_API pier_ssize_t pier_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                                  const struct sockaddr *to, socklen_t len);

/* Receives a datagram, and its sender's address.
 *
 * data, size  receives the bytes.
 * flags       see above.
 * from, len   receive the address; either both NULL, or *len says how large from is. *len becomes
 *             the address's full length, 0 on a connection; the address is cut where it does not
 *             fit.
 *
 * Returns as pier_recv.
 *
 * Systems  On an AF_UNIX stream Linux tells a bound peer's address.
 */
PIER_API pier_ssize_t pier_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                                    struct sockaddr *from, socklen_t *len);

/* Sends several pieces of memory as one, in their order.
 *
 * iov, count  the pieces; empty ones are allowed, 0 … PIER_IOV_MAX of them.
 * flags       see above.
 *
 * Returns how many bytes were taken (on a stream perhaps a part of a piece), or an error code of
 * the list above, or
 *   PIER_EMSGSIZE  more than PIER_IOV_MAX pieces.
 */
PIER_API pier_ssize_t pier_sendv(pier_socket_t s, const pier_iovec *iov, int count, int flags);

/* Receives into several pieces of memory, filling one after the other.
 *
 * iov, count  the pieces; empty ones are allowed, 0 … PIER_IOV_MAX of them.
 * flags       see above.
 *
 * Returns as pier_recv, or
 *   PIER_EMSGSIZE  more than PIER_IOV_MAX pieces.
 */
PIER_API pier_ssize_t pier_recvv(pier_socket_t s, const pier_iovec *iov, int count, int flags);

/* Sends a message: pieces of memory, to an address, with control data.
 *
 * message  msg_name may be NULL for the connected peer; msg_control may be NULL; msg_flags is
 *          not looked at. Nothing in it is changed.
 * flags    see above.
 *
 * Returns as pier_sendto, or
 *   PIER_EMSGSIZE  more than PIER_IOV_MAX pieces;
 *   PIER_EINVAL    malformed control data.
 *
 * Systems  Control data is laid out as the system has it: CMSG_ on POSIX, WSA_CMSG_ on Windows,
 *          and Windows takes it on datagram sockets only.
 */
PIER_API pier_ssize_t pier_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags);

/* Receives a message: pieces of memory, the sender's address, control data.
 *
 * message  msg_name may be NULL, msg_control may be NULL. Afterwards msg_namelen is the address's
 *          full length (0 on a connection), msg_controllen the control data's, and msg_flags has
 *          MSG_TRUNC where the datagram, and MSG_CTRUNC where the control data, was cut.
 * flags    see above.
 *
 * Returns as pier_recv, or
 *   PIER_EMSGSIZE  more than PIER_IOV_MAX pieces.
 *
 * Descriptors that arrive with the message are not inherited by child processes.
 *
 * Systems  Windows gives control data on datagram sockets only.
 */
PIER_API pier_ssize_t pier_recvmsg(pier_socket_t s, pier_msghdr *message, int flags);

#ifdef __cplusplus
}
#endif

#endif
