/* pier/socket.h: the Berkeley calls that make, name, connect and end sockets.
 *
 * What holds for every function of pier:
 *
 * Results      0 or more is success, a negative number is an error code of <pier/error.h>.
 * Handles      A pier_socket_t is the operating system's own socket; native calls may be mixed
 *              in. A new one comes back through the last parameter, which is set to
 *              PIER_INVALID_SOCKET on failure. Close each with pier_close.
 * Inheritance  New sockets are not inherited by child processes, unless PIER_INHERIT is asked for.
 * Blocking     New and accepted sockets block, unless PIER_NONBLOCK is asked for.
 * Signals      No call of pier raises SIGPIPE, and none changes a signal's disposition. A call
 *              that a signal interrupts is restarted inside.
 * Errors       PIER_EINVAL for a NULL where an object is needed or a value out of range;
 *              PIER_EBADF or PIER_ENOTSOCK for a handle that is not an open socket: POSIX tells
 *              the two apart, Windows says PIER_ENOTSOCK for both. They are not repeated below.
 *              An address's len must be 2 … sizeof(struct sockaddr_storage), else PIER_EINVAL.
 * Threads      Every function may be called from any thread, also on the same socket. What must
 *              not happen is a pier_close while another thread uses the socket: the number can be
 *              given out again at once. What a thread that blocks in a call is woken by:
 *                             Linux             macOS, the BSDs      Windows
 *                data, an end of the stream, a connection to accept: on every system
 *                pier_shutdown, on a connection
 *                             a receive: 0,     as on Linux          nothing
 *                             a send: EPIPE
 *                pier_close   nothing           EBADF, ECONNABORTED  ECANCELED, ENOTSOCK,
 *                                                                    ECONNABORTED
 *              Where a call must be stopped, wait with pier_poll beside a socket of your own, and
 *              call when it is ready.
 * Forks        A fork's child has copies of all handles. It may close them and make its own;
 *              pier_shutdown there ends the parent's connection too.
 * Memory       Nothing allocates, unless its comment says so.
 */
#ifndef PIER_SOCKET_H
#define PIER_SOCKET_H

#include <pier/error.h>
#include <pier/system.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PIER_VERSION_MAJOR 0
#define PIER_VERSION_MINOR 1
#define PIER_VERSION_PATCH 0
#define PIER_VERSION "0.1.0"

/* Flags of pier_socket (ORed into the type) and of pier_accept; bits that no system uses there. */
#define PIER_NONBLOCK 0x01000000 /* the new socket does not block */
#define PIER_INHERIT 0x02000000  /* the new socket is inherited by child processes */

/* Starts the system's socket library, and counts the start.
 *
 * Optional: pier_socket, pier_poll and the name lookup functions start Winsock by themselves when
 * it is not running. Call it to have the cost and the errors of the start at a moment of your own,
 * or to pair it with pier_cleanup. Blocks while Windows loads its network providers.
 *
 * Returns 0; on Windows also
 *   PIER_WSASYSNOTREADY, PIER_EPROCLIM  the system cannot start Winsock now;
 *   PIER_WSAVERNOTSUPPORTED             Winsock 2.2 is not there.
 *
 * Systems  POSIX: nothing to start; always 0. Windows: WSAStartup; not to be called from DllMain,
 *          nor is any function that starts Winsock by itself, for the loader lock is held there.
 * See      pier_cleanup
 */
PIER_API int pier_startup(void);

/* Undoes one pier_startup.
 *
 * A call without a pier_startup to undo does nothing. When the last start of the process is
 * undone, Winsock closes every socket of the process: call it last. A process that ends need not
 * call it.
 *
 * Systems  POSIX: does nothing. Windows: WSACleanup. Starts that pier made by itself are not
 *          undone, so sockets made after such a start stay open.
 * See      pier_startup
 */
PIER_API void pier_cleanup(void);

/* Names the version of the library that runs, which may differ from PIER_VERSION, the version of
 * the header that was compiled.
 *
 * Returns "major.minor.patch", static.
 */
PIER_API const char *pier_version(void);

/* Creates a socket.
 *
 * family    AF_INET, AF_INET6, AF_UNIX or another family of the system.
 * type      SOCK_STREAM, SOCK_DGRAM or another type; ORed with PIER_NONBLOCK and PIER_INHERIT.
 * protocol  0 for the family's usual one, or an IPPROTO_ constant.
 * out       receives the socket; yours to close.
 *
 * Returns 0, or
 *   PIER_EAFNOSUPPORT     the system does not know the family, or lacks it (no IPv6, no AF_UNIX);
 *                         AF_UNSPEC;
 *   PIER_ESOCKTNOSUPPORT  no such type, or none in this family;
 *   PIER_EPROTONOSUPPORT, PIER_EPROTOTYPE  no such protocol, or none for this type;
 *   PIER_EMFILE, PIER_ENFILE, PIER_ENOBUFS, PIER_ENOMEM  no more sockets in the process or the
 *                         system, or no memory for one;
 *   PIER_EACCES, PIER_EPERM  not allowed: raw sockets, usually.
 *
 * An AF_INET6 socket has IPV6_V6ONLY on, whatever the system's default. A datagram socket does not
 * report that an earlier datagram could not be delivered, except, on POSIX, a connected one.
 *
 * Systems  Inheritance and blocking mode are set in the same system call where there is such a
 *          call: Linux, Windows, the BSDs; not on macOS, where a fork in between inherits.
 */
PIER_API int pier_socket(int family, int type, int protocol, pier_socket_t *out);

/* Creates two sockets that are connected to each other.
 *
 * Nobody else is, or was, connected to either; what is sent into one comes out of the other.
 *
 * family    AF_UNIX.
 * type      SOCK_STREAM or SOCK_DGRAM; ORed with PIER_NONBLOCK and PIER_INHERIT, for both.
 * protocol  0.
 * out       receives the two; each is yours to close. Both are PIER_INVALID_SOCKET after an error.
 *
 * Returns 0, or
 *   PIER_ENOTSUP          another family;
 *   PIER_ESOCKTNOSUPPORT  another type, where the system has no such pairs;
 *   PIER_EPROTONOSUPPORT  another protocol;
 *   PIER_EMFILE, PIER_ENFILE, PIER_ENOBUFS, PIER_ENOMEM  no more sockets, or no memory for them;
 *   PIER_ETIMEDOUT        Windows: somebody kept the two from each other for five seconds.
 *
 * Systems  POSIX: socketpair, and inheritance is as in pier_socket. Windows has none: the two are
 *          AF_INET sockets (AF_INET6 where there is no IPv4), connected over the loopback
 *          interface, each of which has shown the other a random token, so that a stranger who
 *          connects first is turned away. It takes a fraction of a millisecond; a firewall that
 *          forbids loopback forbids it. Streams have PIER_OPT_NODELAY on there. Datagrams are
 *          UDP's: what does not fit the receiver's buffer is lost, where POSIX lets the sender
 *          wait; they have at most 65507 bytes; and a peer that is closed is not told.
 */
PIER_API int pier_socketpair(int family, int type, int protocol, pier_socket_t out[2]);

/* Closes a socket; what was sent goes on being delivered in the background.
 *
 * Blocks only if lingering was asked for (PIER_OPT_LINGER_S). Whatever it returns, a socket that
 * was open is closed afterwards: never close it again. Data that was received and not read makes
 * the system reset the connection, and the peer may lose what it has not read.
 *
 * Returns 0, or PIER_EBADF, PIER_ENOTSOCK, PIER_EIO.
 *
 * Systems  A socket that lingers waits for its peer whether it blocks or not; on the BSDs, only if
 *          it blocks. POSIX: close, which closes a descriptor that is no socket too; EINTR,
 *          EINPROGRESS and ECONNRESET count as success, for the socket is gone. Windows:
 *          closesocket; where a non-blocking socket lingers, Winsock leaves it open and fails, so it
 *          is made blocking and closed again.
 * See      pier_abort
 */
PIER_API int pier_close(pier_socket_t s);

/* Closes a connection with a reset: unsent data is dropped, the peer gets PIER_ECONNRESET.
 *
 * Never blocks. The socket is closed whatever it returns, if it was open.
 *
 * Returns 0, or PIER_EBADF, PIER_ENOTSOCK.
 *
 * Systems  SO_LINGER with zero seconds, then close. On a socket that is no TCP connection it is
 *          the same as pier_close.
 */
PIER_API int pier_abort(pier_socket_t s);

/* Ends one or both directions of a connection, for every handle of the socket.
 *
 * how   SHUT_RD, SHUT_WR or SHUT_RDWR. After SHUT_WR the peer reads what was sent, and then the
 *       end of the stream.
 *
 * Returns 0, or
 *   PIER_ENOTCONN  the socket is not connected: it never was, its connect is still under way, it
 *                  listens, or (not on Windows) both directions have ended. Nothing has changed.
 *
 * Ending a direction again is a success while the other one is open.
 *
 * Systems  After SHUT_RD a receive returns 0 once nothing is queued. What is queued already, and
 *          what the peer still sends, Linux delivers; the BSDs drop it; Windows drops it, and resets
 *          the connection when more arrives. It is no way to stop a thread that blocks in
 *          pier_accept or pier_recv: "Threads" above says who wakes.
 */
PIER_API int pier_shutdown(pier_socket_t s, int how);

/* Gives a socket its local address.
 *
 * addr, len  the address; port 0 lets the system choose, pier_getsockname tells which.
 *
 * Returns 0, or
 *   PIER_EADDRINUSE     the address is taken; for AF_UNIX, the file exists;
 *   PIER_EACCES         not allowed: a low port, a port that Windows has excluded, a directory
 *                       that is not yours to write;
 *   PIER_EADDRNOTAVAIL  no such address on this machine; a multicast address, on Windows: bind the
 *                       wildcard address instead, and join the group;
 *   PIER_EAFNOSUPPORT   an address of another family than the socket's;
 *   PIER_EINVAL         the socket is already bound, or len is too short for the family;
 *   PIER_ENOENT, PIER_ENOTDIR, PIER_EROFS  AF_UNIX: the path cannot be made.
 *
 * Systems  Windows says WSAEACCES for a port that somebody holds exclusively too; pier asks again
 *          with sockets that want nothing, then in the list of listeners, which it allocates for
 *          that time, and gives PIER_EADDRINUSE where they tell. BSD and macOS say EINVAL, and
 *          Windows WSAEFAULT, for another family; pier tells it before.
 */
PIER_API int pier_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len);

/* Makes a stream socket a listener.
 *
 * An IPv4 or IPv6 socket that is not bound is given the wildcard address and a port that the system
 * chooses; pier_getsockname tells which.
 *
 * backlog  how many connections may wait to be accepted: a hint; 0 or less asks for the system's
 *          maximum, and so does more than 65535.
 *
 * Returns 0, or
 *   PIER_EADDRINUSE  another socket listens on the port;
 *   PIER_EINVAL      the socket is connected, or an AF_UNIX socket that is not bound;
 *   PIER_ENOTSUP     not a stream socket.
 *
 * Systems  A full backlog lets a client wait on POSIX, and refuses it on Windows. Windows takes
 *          more than 200 only as SOMAXCONN_HINT, which is used then; the binding of a socket that is
 *          not bound is pier's there. Listening again changes the backlog on POSIX alone.
 */
PIER_API int pier_listen(pier_socket_t s, int backlog);

/* Takes the next connection from a listener's queue.
 *
 * Blocks while there is none, if the listener blocks. Connections that died in the queue are
 * passed over, and never reported.
 *
 * listener   a listening socket.
 * addr, len  receive the peer's address; either both NULL, or *len says how large addr is. *len
 *            becomes the address's full length (FreeBSD: the cut one), and the address is cut where
 *            it does not fit.
 * flags      0, or PIER_NONBLOCK and PIER_INHERIT for the new socket. Without PIER_NONBLOCK it
 *            blocks, whatever the listener's mode.
 * out        receives the connection; yours to close.
 *
 * Returns 0, or
 *   PIER_EAGAIN   the listener does not block and nobody waits;
 *   PIER_EINVAL   the socket does not listen, or flags has other bits;
 *   PIER_ENOTSUP  the socket is of a type that cannot accept;
 *   PIER_EMFILE, PIER_ENFILE, PIER_ENOBUFS, PIER_ENOMEM  no more sockets: the connection stays in
 *                 the queue, and the listener stays readable. Wait before the next try.
 *
 * Systems  Linux gives a connection that its client has reset in the queue; the first transfer
 *          tells. Windows: a selection of events (WSAEventSelect) that the listener has is not the
 *          new socket's. Non-inheritance is not atomic on macOS, where a fork between two system
 *          calls inherits the new socket, and on Windows, where a CreateProcess between two does.
 */
PIER_API int pier_accept(pier_socket_t listener, struct sockaddr *addr, socklen_t *len, int flags,
                         pier_socket_t *out);

/* Connects a stream socket to a peer, or sets the peer of a datagram socket.
 *
 * Blocks until the connection stands or has failed, if the socket blocks: minutes, on a network
 * that drops packets. After a failure the socket's state is unspecified: close it. A second connect
 * may work, fail once, or fail for ever.
 *
 * addr, len  the peer's address; the wildcard stands for loopback.
 *
 * Returns 0, or
 *   PIER_EINPROGRESS    the socket does not block: wait until it is writable, then read
 *                       PIER_OPT_ERROR, once: POSIX forgets a failure that was read, Windows keeps
 *                       it;
 *   PIER_EALREADY       an earlier connect is still under way;
 *   PIER_EISCONN        a stream socket that is connected already, since whenever;
 *   PIER_ENOTSUP        the socket listens;
 *   PIER_ECONNREFUSED   nobody listens there; AF_UNIX: the file exists, its server is gone;
 *   PIER_ETIMEDOUT      no answer;
 *   PIER_ENETUNREACH, PIER_EHOSTUNREACH  no route there;
 *   PIER_EADDRNOTAVAIL  a stream to port 0, no free local port, or no such address;
 *   PIER_EAFNOSUPPORT   an address of another family than the socket's;
 *   PIER_EINVAL         len is too short for the family;
 *   PIER_EACCES, PIER_EPERM  a firewall or the file's permissions forbid it, or a broadcast
 *                       address without PIER_OPT_BROADCAST;
 *   PIER_EAGAIN         AF_UNIX on Linux, not blocking: the server's queue is full;
 *   PIER_ENOENT         AF_UNIX: no such file. Winsock does not tell that from a file without a
 *                       server; pier asks whether the path is there.
 *
 * Systems  POSIX: getpeername first, because Linux's first connect after one that succeeded in the
 *          background returns 0. Windows asks a port that refuses four times, for two seconds; on
 *          loopback it is told to ask once, which Windows 10 before version 1709 does not know.
 */
PIER_API int pier_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len);

/* Dissolves the connection of a datagram socket: it can send to, and receive from, anyone again.
 *
 * Returns 0, or
 *   PIER_EINVAL  the socket is not a datagram socket.
 *
 * Systems  A connect to AF_UNSPEC (RFC 3493 does not know it; POSIX connect() does). BSDs that
 *          dissolve and yet report EAFNOSUPPORT or EINVAL count as success. Linux also forgets a
 *          local address that connect chose.
 */
PIER_API int pier_disconnect(pier_socket_t s);

/* Tells a socket's local address.
 *
 * addr, len  receive it; *len says how large addr is, and becomes the address's full length; the
 *            address is cut where it does not fit.
 *
 * Returns 0.
 *
 * Systems  A socket that is not bound has the wildcard address and port 0; Winsock has none, and
 *          pier gives that. The address of an unnamed AF_UNIX socket is its family alone, or with
 *          NULs behind it. FreeBSD makes *len the length of what it wrote.
 */
PIER_API int pier_getsockname(pier_socket_t s, struct sockaddr *addr, socklen_t *len);

/* Tells the address of a socket's peer.
 *
 * addr, len  receive it, as in pier_getsockname.
 *
 * Returns 0, or
 *   PIER_ENOTCONN  the socket is not connected.
 *
 * Systems  While a connect is under way, Wine tells the peer already, the others do not.
 */
PIER_API int pier_getpeername(pier_socket_t s, struct sockaddr *addr, socklen_t *len);

/* Chooses whether calls on a socket may block.
 *
 * on   true: a call that would block returns PIER_EAGAIN, a connect PIER_EINPROGRESS.
 *
 * Returns 0.
 *
 * Systems  The mode belongs to the socket, and so to all its duplicates, in other processes too.
 *          There is no way to ask for it on Windows, and so none here. Windows: a socket given to
 *          WSAEventSelect cannot be made blocking, PIER_EINVAL.
 */
PIER_API int pier_set_nonblocking(pier_socket_t s, bool on);

/* Chooses whether child processes inherit this handle.
 *
 * on   true: they do.
 *
 * Returns 0.
 *
 * Systems  POSIX: across exec; a fork always duplicates. Windows: where CreateProcess is told to
 *          inherit handles.
 */
PIER_API int pier_set_inheritable(pier_socket_t s, bool on);

/* Makes a second handle of the same socket, in this process.
 *
 * The two share everything: the connection, options, blocking mode. Either may be closed first;
 * the connection ends with the last. The new handle is not inherited by child processes.
 *
 * out   receives the handle; yours to close.
 *
 * Returns 0, or PIER_EMFILE, PIER_ENOBUFS, PIER_ENOMEM: no more sockets, no memory.
 *
 * Systems  POSIX: fcntl F_DUPFD_CLOEXEC. Windows: WSADuplicateSocket; DuplicateHandle is not for
 *          sockets.
 */
PIER_API int pier_dup(pier_socket_t s, pier_socket_t *out);

/* Gives a socket that was made elsewhere what pier's own sockets have from the start: it is not
 * inherited, it does not raise SIGPIPE, and on Windows a datagram socket does not fail because a
 * peer is gone. Its blocking mode is not changed.
 *
 * Returns 0; after an error the socket is as it was, and still yours.
 *
 * Systems  Windows: a process that got a socket from its parent calls this first: it starts Winsock,
 *          without which no other call knows the socket.
 */
PIER_API int pier_adopt(pier_socket_t s);

/* Who is at the other end of an AF_UNIX connection; -1 for what the system does not tell. */
typedef struct pier_credentials {
  int64_t pid; /* the process */
  int64_t uid; /* its user */
  int64_t gid; /* and group */
} pier_credentials;

/* Tells who is at the other end of an AF_UNIX connection: the process that connected, or that
 * listened, at the time when it did so.
 *
 * out   receives the numbers; all of them -1 after an error.
 *
 * Returns 0, or
 *   PIER_ENOTSUP   the socket is not AF_UNIX, or the system does not tell: of datagrams, usually;
 *   PIER_ENOTCONN  it is not connected.
 *
 * Systems  Linux, OpenBSD, NetBSD and macOS tell all three, FreeBSD has no pid here; another PID
 *          name space's process on Linux has none either. Windows tells the pid alone, and its
 *          pier_socketpair, which is not AF_UNIX there, is PIER_ENOTSUP.
 */
PIER_API int pier_peer_credentials(pier_socket_t s, pier_credentials *out);

#ifdef __cplusplus
}
#endif

#endif
