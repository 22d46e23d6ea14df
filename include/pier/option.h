/* pier/option.h: socket options by one name, with one unit and one meaning, on every system.
 *
 * A boolean is 0 or 1. A number's unit is in the option's name. Where IPv4 and IPv6 have an option
 * each, the socket's family picks. A value is read back as it was set, where the system can.
 *
 * Errors of pier_set_option and pier_get_option, beside those of <pier/socket.h>:
 *   PIER_EINVAL   no such option, a value out of its range, or setting one that is read-only;
 *   PIER_ENOTSUP  this system, or this kind of socket, does not have the option.
 */
#ifndef PIER_OPTION_H
#define PIER_OPTION_H

#include <pier/error.h>
#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pier_option {
  PIER_OPT_BIND,    /* PIER_BIND_…: who else may bind the port; before pier_bind; not read back */
  PIER_OPT_NODELAY, /* 0, 1: TCP sends small pieces at once (Nagle's algorithm off) */
  PIER_OPT_KEEPALIVE,            /* 0, 1: TCP probes an idle peer */
  PIER_OPT_KEEPALIVE_IDLE_S,     /* 1 … 32767 s of idleness before the first probe */
  PIER_OPT_KEEPALIVE_INTERVAL_S, /* 1 … 32767 s between probes that are not answered */
  PIER_OPT_KEEPALIVE_COUNT,      /* 1 … 127 unanswered probes that end the connection */
  PIER_OPT_LINGER_S, /* -1 off, 0 reset, 1 … 32767 s that pier_close may take for unsent data */
  PIER_OPT_RECV_TIMEOUT_MS, /* how long a blocking receive waits; -1 (or 0): no limit */
  PIER_OPT_SEND_TIMEOUT_MS, /* the same for a blocking send */
  PIER_OPT_RECV_BUFFER,     /* bytes, 1 or more; a hint, the system rounds and limits it */
  PIER_OPT_SEND_BUFFER,     /* bytes, 1 or more; a hint, the system rounds and limits it */
  PIER_OPT_BROADCAST,       /* 0, 1: a datagram socket may send to broadcast addresses */
  PIER_OPT_V6ONLY, /* 0, 1: no IPv4 on an AF_INET6 socket; before pier_bind; 1 from the start */
  PIER_OPT_TTL,    /* 1 … 255: how many hops what is sent may go, multicasts excepted */
  PIER_OPT_TOS,    /* 0 … 255: the type of service, or traffic class, of what is sent */
  PIER_OPT_MULTICAST_TTL, /* 0 … 255: how many hops a multicast may go, 0 not leaving the machine */
  PIER_OPT_MULTICAST_LOOP, /* 0, 1: multicasts come back to this machine; set it on both ends */
  PIER_OPT_MULTICAST_INTERFACE, /* index of the interface to send by; 0: the system chooses */
  PIER_OPT_DONT_FRAGMENT,   /* 0, 1: a datagram too long for the path is refused, not taken apart */
  PIER_OPT_USER_TIMEOUT_MS, /* how long TCP waits until what it sent is acknowledged; -1 (or
                               0): no limit of its own */
  PIER_OPT_OOB_INLINE,      /* 0, 1: an urgent byte comes in its place among the others */
  PIER_OPT_FASTOPEN,        /* 0, 1: a listener takes data with the connection request; after
                              pier_listen */
  PIER_OPT_ERROR,           /* read-only: 0 or the socket's pending error code, negative */
  PIER_OPT_TYPE,            /* read-only: SOCK_STREAM, SOCK_DGRAM… */
  PIER_OPT_FAMILY,          /* read-only: AF_INET, AF_INET6, AF_UNIX… */
  PIER_OPT_PROTOCOL,        /* read-only: IPPROTO_TCP… */
  PIER_OPT_LISTENING,       /* read-only: 0, 1 */
  PIER_OPT_AT_MARK,         /* read-only: 0, 1: what was sent before an urgent byte has been read */
  PIER_OPT_READABLE_BYTES   /* read-only: how many bytes can be read now */
} pier_option;

/* Values of PIER_OPT_BIND. */
enum pier_bind {
  PIER_BIND_EXCLUSIVE = 1, /* nobody else may, another process neither; a server can restart at once
                              (SO_REUSEADDR on POSIX streams, SO_EXCLUSIVEADDRUSE on Windows). BSD
                              and macOS give one address of a wildcard's port even so to whoever
                              sets SO_REUSEADDR. Windows may refuse a restart until connections of
                              the server before have ended */
  PIER_BIND_SHARED,        /* several receivers of one multicast port: datagram sockets only */
  PIER_BIND_BALANCED       /* several sockets, and the kernel spreads what arrives among them:
                              Linux, FreeBSD; elsewhere PIER_ENOTSUP */
};

/* Sets an option.
 *
 * option, value  see enum pier_option.
 *
 * Returns 0, or an error code of the list above, or the system's own: PIER_EACCES, PIER_EPERM for
 * what is reserved to administrators, PIER_ENODEV for an unknown interface.
 *
 * PIER_OPT_RECV_TIMEOUT_MS, PIER_OPT_SEND_TIMEOUT_MS: a call that ran out of time is PIER_EAGAIN on
 * POSIX and PIER_ETIMEDOUT on Windows, where nobody knows how much of a send went out: close the
 * socket then. Better make it non-blocking and use pier_wait, which is the same everywhere.
 *
 * Systems  PIER_OPT_MULTICAST_LOOP acts on the sender on POSIX, on the receiver on Windows.
 *          PIER_OPT_KEEPALIVE_…: PIER_ENOTSUP on OpenBSD. Windows has the times since Windows 10
 *          1709; before, pier sets both at once and remembers what was set through it. It has the
 *          count since 1703, before PIER_ENOTSUP.
 *          PIER_OPT_TOS: PIER_ENOTSUP on Windows, which leaves it to its QoS policies. Of a stream
 *          the system sets the two lowest bits (ECN). PIER_OPT_TTL, PIER_OPT_TOS of an AF_INET6
 *          socket hold for what it sends by IPv6.
 *          PIER_OPT_DONT_FRAGMENT: for datagrams; PIER_ENOTSUP for IPv4 on NetBSD and OpenBSD.
 *          PIER_OPT_USER_TIMEOUT_MS: in whole seconds, rounded up, on macOS, FreeBSD 14 and Windows
 *          before 10 1809; -1 on Windows waits for ever; PIER_ENOTSUP on other BSDs.
 *          PIER_OPT_FASTOPEN: what a server takes; needs an administrator's consent on Linux
 *          and FreeBSD; PIER_ENOTSUP on NetBSD, OpenBSD, and Windows before 10 1607.
 *          PIER_OPT_V6ONLY: OpenBSD has it always on; 0 is PIER_EINVAL there.
 */
PIER_API int pier_set_option(pier_socket_t s, pier_option option, int value);

/* Reads an option.
 *
 * option  see enum pier_option.
 * value   receives it; untouched after an error.
 *
 * Returns 0, or an error code of the list above.
 *
 * Systems  PIER_OPT_ERROR: reading clears it on POSIX; on Windows it stays until the next
 *          connection. PIER_OPT_PROTOCOL: PIER_ENOTSUP on macOS and NetBSD.
 *          PIER_OPT_AT_MARK: Windows tells that an urgent byte waits, not whether others come
 *          before it, and with PIER_OPT_OOB_INLINE nothing: PIER_ENOTSUP.
 *          PIER_OPT_READABLE_BYTES: of datagrams the next one's on Linux, all on Windows and BSD.
 *          PIER_OPT_MULTICAST_INTERFACE: PIER_ENOTSUP for IPv4 on Linux, NetBSD and OpenBSD.
 *          PIER_OPT_RECV_TIMEOUT_MS, PIER_OPT_SEND_TIMEOUT_MS: Linux has rounded them up to its
 *          tick, 1 … 10 ms. No limit is read as -1.
 */
PIER_API int pier_get_option(pier_socket_t s, pier_option option, int *value);

/* Sets an option by the system's own level, name and representation: setsockopt.
 *
 * level, name  the system's constants.
 * value, len   the value as the system wants it.
 *
 * Returns 0, or
 *   PIER_ENOPROTOOPT  the system does not know the option at this level;
 *   PIER_EINVAL       the system refuses the value, its length, or the moment.
 *
 * Systems  The names, types and meanings of options differ; SO_REUSEADDR on Windows lets anyone
 *          take the port. pier_set_option levels them.
 */
PIER_API int pier_setsockopt(pier_socket_t s, int level, int name, const void *value,
                             socklen_t len);

/* Reads an option by the system's own level, name and representation: getsockopt.
 *
 * level, name  the system's constants.
 * value, len   receive the value; *len says how large it is, and becomes what was written.
 *
 * Returns 0, or PIER_ENOPROTOOPT, PIER_EINVAL as pier_setsockopt.
 *
 * Systems  Windows writes one byte for some booleans: set the value to 0 before.
 */
PIER_API int pier_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len);

/* Joins a multicast group on one interface, and stops delivery of groups that only others joined.
 *
 * group            the group's address, IPv4 on an AF_INET and IPv6 on an AF_INET6 socket; its
 *                  port is not looked at.
 * interface_index  the interface, as if_nametoindex gives it; 0: the system chooses.
 * source           NULL, or the only sender that is wanted, of the group's family.
 *
 * Returns 0, or
 *   PIER_EINVAL        the address is not a multicast address;
 *   PIER_EAFNOSUPPORT  group or source is of another family than the socket's;
 *   PIER_EADDRINUSE    already joined (Windows also says PIER_EADDRNOTAVAIL or PIER_EINVAL);
 *   PIER_ENODEV        no such interface, or, with index 0, none that does multicast;
 *   PIER_EADDRNOTAVAIL  the interface does no multicast, or has no address of the group's family;
 *   PIER_ENOBUFS       too many groups;
 *   PIER_ENOTSUP       joining one source only is not to be had on this system.
 */
PIER_API int pier_multicast_join(pier_socket_t s, const struct sockaddr *group,
                                 unsigned interface_index, const struct sockaddr *source);

/* Leaves a multicast group: the inverse of a pier_multicast_join with the same arguments.
 *
 * Returns 0, or
 *   PIER_EADDRNOTAVAIL  it was not joined; otherwise as pier_multicast_join.
 */
PIER_API int pier_multicast_leave(pier_socket_t s, const struct sockaddr *group,
                                  unsigned interface_index, const struct sockaddr *source);

#ifdef __cplusplus
}
#endif

#endif
