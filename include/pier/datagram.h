/* pier/datagram.h: what comes with a datagram beside its bytes and its sender.
 *
 * A server that is bound to every address answers from the address that the question came to, by
 * the interface by which it came:
 *
 *   pier_datagram_info info;
 *   pier_datagram_info_enable(s, PIER_INFO_LOCAL | PIER_INFO_INTERFACE);
 *   pier_recvinfo(s, data, size, 0, &from.sa, &from.len, &info);
 *   info.fields &= PIER_INFO_LOCAL | PIER_INFO_INTERFACE;
 *   pier_sendinfo(s, answer, answer_size, 0, &from.sa, from.len, &info);
 */
#ifndef PIER_DATAGRAM_H
#define PIER_DATAGRAM_H

#include <pier/address.h>
#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields of pier_datagram_info. */
enum pier_info {
  PIER_INFO_LOCAL = 1,     /* local: the address of this machine */
  PIER_INFO_INTERFACE = 2, /* interface_index: as if_nametoindex gives it */
  PIER_INFO_TTL = 4,       /* ttl: the time to live, IPv6's hop limit, 1 … 255 */
  PIER_INFO_TOS = 8 /* tos: the type of service, IPv6's traffic class, 0 … 255: DSCP, ECN */
};

typedef struct pier_datagram_info {
  unsigned fields;          /* PIER_INFO_…: which of the following are there */
  pier_address local;       /* its port is not looked at, and received as 0 */
  unsigned interface_index; /* of the interface by which it came, or is to go */
  int ttl;
  int tos;
  int msg_flags; /* set by a receive: MSG_TRUNC if the datagram was longer than the buffer */
} pier_datagram_info;

/* Lets pier_recvinfo tell more of the datagrams that come from now on.
 *
 * s       a datagram socket of AF_INET or AF_INET6; one that is to be dual-stack, after that was
 *         set.
 * fields  PIER_INFO_…, one or several; what was enabled before stays so.
 *
 * Returns 0, or, with nothing more enabled than before,
 *   PIER_EINVAL   no field, or an unknown one;
 *   PIER_ENOTSUP  this system cannot tell one of them, or not of this kind of socket.
 *
 * Systems  PIER_INFO_TOS of IPv4: not on OpenBSD and NetBSD. On a dual-stack socket, what macOS and
 *          the BSDs cannot tell of IPv4 datagrams is missing in the fields of those.
 */
PIER_API int pier_datagram_info_enable(pier_socket_t s, unsigned fields);

/* Receives a datagram, its sender's address, and what was enabled.
 *
 * data, size  receives the bytes; see <pier/transfer.h>, also for flags.
 * from, len   receive the address, or are both NULL, as in pier_recvfrom.
 * info        receives the rest; may be NULL. Its fields say what the system told, which can be
 *             more or less than was enabled. local is the address that the datagram was sent to,
 *             which may be a group's or a broadcast's; like from, it is of the socket's family, and
 *             ::ffff:1.2.3.4 for IPv4 on a dual-stack socket.
 *
 * Returns as pier_recvfrom; info is untouched after an error.
 */
PIER_API pier_ssize_t pier_recvinfo(pier_socket_t s, void *data, size_t size, int flags,
                                    struct sockaddr *from, socklen_t *len,
                                    pier_datagram_info *info);

/* Sends a datagram with an own local address, interface, TTL or TOS, for this datagram alone.
 *
 * data, size  the datagram; flags as <pier/transfer.h> says.
 * to, len     the receiver, or NULL and 0 for the peer that pier_connect set.
 * info        only what its fields say is looked at; may be NULL, which is pier_sendto.
 *             local is one of this machine's addresses, of the family of the datagram (IPv4 may be
 *             written as ::ffff:1.2.3.4). What a field does not say is the socket's.
 *
 * Returns as pier_sendto, or
 *   PIER_EINVAL         an unknown field, or a value out of its range;
 *   PIER_EAFNOSUPPORT   local is not of the datagram's family;
 *   PIER_EADDRNOTAVAIL  this machine, or that interface, does not have the address;
 *   PIER_EADDRNOTAVAIL, PIER_ENODEV, PIER_ENXIO, PIER_ENETUNREACH  there is no such interface;
 *   PIER_ENOTSUP        this system cannot send one of the fields, or not on this kind of socket.
 *
 * Systems  Linux sends all fields. macOS and the BSDs send TTL and TOS on IPv6 alone, and FreeBSD and
 *          OpenBSD do not take the interface on IPv4. Windows documents neither TTL nor TOS of a single
 *          datagram.
 */
PIER_API pier_ssize_t pier_sendinfo(pier_socket_t s, const void *data, size_t size, int flags,
                                    const struct sockaddr *to, socklen_t len,
                                    const pier_datagram_info *info);

#ifdef __cplusplus
}
#endif

#endif
