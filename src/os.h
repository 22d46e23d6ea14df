/* src/os.h: THE CONTRACT. What a system must provide for pier to run on it.
 *
 * Each function here is written once in src/posix and once in src/win32, in the file of the same
 * name; to bring pier to a third system, write them a third time. What reads the same on every
 * system, and every decision (a default, a retry, a limit, a check), stands above, in src.
 *
 * What a system promises for all of them:
 *   - One function makes one system call, or as few as give the promised effect.
 *   - 0 or more is success; a failure is a code of <pier/error.h>, taken from the system in the
 *     statement after the call that failed. A signal's interruption is PIER_EINTR, and the caller
 *     decides; only accept and the transfers are restarted inside, where it costs least.
 *   - Whatever a failing function opened, it has closed.
 *   - Nothing is allocated, unless the comment says so.
 *
 * What the caller guarantees for all of them:
 *   - Pointers are not NULL, where the comment does not say that they may be.
 *   - Sizes are between 1 and PIER_OS_TRANSFER_MAX, where the comment does not say otherwise.
 *   - An out parameter holds PIER_INVALID_SOCKET or NULL already.
 */
#ifndef PIER_OS_H
#define PIER_OS_H

#include <pier/pier.h>

#include <stdint.h>

/* Keeps what seldom happens out of the path that always runs. */
#ifdef __GNUC__
#define PIER_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define PIER_COLD __attribute__((noinline, cold))
#else
#define PIER_UNLIKELY(condition) (condition)
#define PIER_COLD
#endif

/* The most bytes of one transfer: what Linux cuts a call to, and below the INT_MAX that macOS and
   Winsock take. */
#define PIER_OS_TRANSFER_MAX 0x7ffff000

/* ---- error.c ---- */

/* Translates an errno, WSAGetLastError or GetLastError number above 0, losing nothing. Would-block
   numbers become PIER_EAGAIN, not-supported numbers PIER_ENOTSUP. */
int pier_os_error_from_native(int native);

/* The inverse, for a code below 0. Where several numbers were folded, the usual one. */
int pier_os_error_native(int error);

/* ---- startup.c ---- */

/* Starts the system's socket library, uncounted: called when a function has returned
   PIER_WSANOTINITIALISED, which is then called once more. */
int pier_os_start(void);

/* The counted start, and its inverse: as pier_startup and pier_cleanup say. */
int pier_os_startup(void);
void pier_os_cleanup(void);

/* ---- socket.c ---- */

/* Creates a socket. type has no flags; flags are PIER_NONBLOCK and PIER_INHERIT, and take effect
   in the system call that creates where the system can. May return PIER_WSANOTINITIALISED. */
int pier_os_socket(int family, int type, int protocol, int flags, pier_socket_t *out);

/* Gives a socket what no flag of its creation can: no SIGPIPE; for a datagram socket, no failing
   receive because an earlier datagram was undeliverable and it is not connected. What an old
   system lacks is passed over. */
void pier_os_settle(pier_socket_t s, int type);

/* Creates a connected pair of AF_UNIX's SOCK_STREAM or SOCK_DGRAM, or of what takes its place; flags
   as for pier_os_socket. Another type is PIER_ESOCKTNOSUPPORT where the system has none such. Both
   are settled, and both PIER_INVALID_SOCKET after an error. */
int pier_os_socketpair(int type, int flags, pier_socket_t out[2]);

/* Closes. The handle is gone afterwards, whatever is returned, if it was a socket. */
int pier_os_close(pier_socket_t s);

/* The Berkeley calls. shutdown comes for a connected socket only. listen takes a backlog of 1 …
   65535, gives what the system has where that is less, and binds an IPv4 or IPv6 socket that is not
   bound to any port. bind, connect: the address has a family, and fits a sockaddr_storage. connect
   comes for no wildcard, and on a stream for no port 0; it says PIER_EINPROGRESS where a non-blocking
   connect has begun, PIER_EISCONN for a stream that is connected, and is told by a loopback address
   at once that nobody listens. A refused bind says PIER_EADDRINUSE where it can be known that the
   port is taken. */
/* The Berkeley calls. listen takes a backlog of 1 … 65535, and gives what the system has where that
   is less. bind, connect: the address has a family, and fits a sockaddr_storage. connect says PIER_EINPROGRESS where a non-blocking connect has
   begun. A refused bind says PIER_EADDRINUSE where it can be known that the port is taken; to know it,
   it may allocate. */
int pier_os_shutdown(pier_socket_t s, int how);
int pier_os_bind(pier_socket_t s, const struct sockaddr *addr, socklen_t len);
int pier_os_listen(pier_socket_t s, int backlog);
int pier_os_connect(pier_socket_t s, const struct sockaddr *addr, socklen_t len);

/* Accepts. addr and len may both be NULL; otherwise a short addr is filled as far as it goes, and
   *len is the whole length. The new socket has the mode and the inheritance that flags say, and is
   settled. A connection that died in the queue is PIER_ECONNABORTED, whatever the system calls it. */
int pier_os_accept(pier_socket_t listener, struct sockaddr *addr, socklen_t *len, int flags,
                   pier_socket_t *out);

/* Dissolves the connection of a datagram socket. */
int pier_os_disconnect(pier_socket_t s);

/* Local and peer address, cut like accept's. An unbound socket has the wildcard address. */
int pier_os_getsockname(pier_socket_t s, struct sockaddr *addr, socklen_t *len);
int pier_os_getpeername(pier_socket_t s, struct sockaddr *addr, socklen_t *len);

int pier_os_set_nonblocking(pier_socket_t s, bool on);
int pier_os_set_inheritable(pier_socket_t s, bool on);

/* Duplicates within the process; the new handle is not inherited. */
int pier_os_dup(pier_socket_t s, pier_socket_t *out);

/* ---- transfer.c ---- */

/* The Berkeley transfers. flags are the user's, and never MSG_PEEK with MSG_WAITALL; MSG_NOSIGNAL
   is the system's to add, MSG_DONTWAIT and MSG_WAITALL its to bring about. A size of 0 comes for
   datagram sockets only. A datagram cut by the buffer is a success of the buffer's size; what an
   unconnected datagram socket hears of an earlier datagram's fate is passed over. Addresses may be
   NULL; they are cut like accept's, and have length 0 where there is none. A send on a stream that
   never had a peer is PIER_ENOTCONN, one on a stream that is closed for sending PIER_EPIPE. Never
   PIER_EINTR. */
pier_ssize_t pier_os_send(pier_socket_t s, const void *data, size_t size, int flags);
pier_ssize_t pier_os_recv(pier_socket_t s, void *data, size_t size, int flags);
pier_ssize_t pier_os_sendto(pier_socket_t s, const void *data, size_t size, int flags,
                            const struct sockaddr *to, socklen_t len);
pier_ssize_t pier_os_recvfrom(pier_socket_t s, void *data, size_t size, int flags,
                              struct sockaddr *from, socklen_t *len);

/* The same for messages: at most PIER_IOV_MAX pieces of together at most PIER_OS_TRANSFER_MAX
   bytes, no piece NULL. msg_flags is set to MSG_TRUNC, MSG_CTRUNC and what else the system tells. */
pier_ssize_t pier_os_sendmsg(pier_socket_t s, const pier_msghdr *message, int flags);
pier_ssize_t pier_os_recvmsg(pier_socket_t s, pier_msghdr *message, int flags);

/* ---- option.c ---- */

enum pier_os_option_kind {
  PIER_OS_OPTION_NONE, /* the system lacks it */
  PIER_OS_OPTION_BOOL, /* an int of 0 or 1; read back as any number that is not 0 */
  PIER_OS_OPTION_INT,  /* an int */
  PIER_OS_OPTION_CALL  /* by the functions */
};

/* One row of the system's table of options. */
typedef struct pier_os_option {
  enum pier_os_option_kind kind;
  bool is_byte;      /* the option at name, not its twin, is an unsigned char */
  int level, name;   /* at the socket, TCP or IPv4 level; the name is 0 where only IPv6 has it */
  int level6, name6; /* the IPv6 twin, or 0 and 0 where one option serves both */
  int (*set)(pier_socket_t s, int value);  /* NULL for what cannot be set */
  int (*get)(pier_socket_t s, int *value); /* NULL for what cannot be read */
} pier_os_option;

/* Initialisers of rows. */
#define PIER_OS_BOOL(l, n)                                                                         \
  {                                                                                                \
    .kind = PIER_OS_OPTION_BOOL, .level = (l), .name = (n)                                         \
  }
#define PIER_OS_INT(l, n)                                                                          \
  {                                                                                                \
    .kind = PIER_OS_OPTION_INT, .level = (l), .name = (n)                                          \
  }
#define PIER_OS_CALL(s, g)                                                                         \
  {                                                                                                \
    .kind = PIER_OS_OPTION_CALL, .set = (s), .get = (g)                                            \
  }
#define PIER_OS_TWINS(k, l, n, l6, n6)                                                             \
  {                                                                                                \
    .kind = (k), .level = (l), .name = (n), .level6 = (l6), .name6 = (n6)                          \
  }

/* The row of an option, which is in the range of enum pier_option. Never NULL. */
const pier_os_option *pier_os_option_row(pier_option option);

int pier_os_setsockopt(pier_socket_t s, int level, int name, const void *value, socklen_t len);
int pier_os_getsockopt(pier_socket_t s, int level, int name, void *value, socklen_t *len);

/* The socket's type, SOCK_…, and its address family, AF_…, or an error. The question for the type
   starts the system's socket library where that is needed: a socket can come from elsewhere. */
int pier_os_type(pier_socket_t s);
int pier_os_family(pier_socket_t s);

/* Joins or leaves a group. group and source are of the socket's family, which is AF_INET or
   AF_INET6; source may be NULL. */
int pier_os_multicast(pier_socket_t s, bool join, const struct sockaddr *group,
                      unsigned interface_index, const struct sockaddr *source);

/* ---- unix.c ---- */

/* The peer of an AF_UNIX socket that has one. *out holds -1 everywhere; what the system does not
   know stays so. PIER_ENOTSUP where it knows nothing. */
int pier_os_peer_credentials(pier_socket_t s, pier_credentials *out);

/* ---- random.c ---- */

/* Fills at most 256 bytes with what nobody can guess. */
int pier_os_random(void *data, size_t size);
/* ---- datagram.c ---- */

/* The option that makes the system tell a field, one bit of enum pier_info, of the datagrams of a
   family, AF_INET or AF_INET6. PIER_ENOTSUP where it has none. Makes no system call. */
int pier_os_info_option(int family, unsigned field, int *level, int *name);

/* Writes control data that carries a family's datagram as info says, and returns its length.
   interface_index and local are 0 and the wildcard where the fields do not name them; local is of
   the family. PIER_ENOTSUP for a field that the system cannot send. Makes no system call. */
#define PIER_OS_CONTROL_SIZE 512 /* room for all fields of both families, and for a stranger's */
pier_ssize_t pier_os_info_write(int family, const pier_datagram_info *info, void *control);

/* Reads from a received message's control data what it knows, and adds the fields to info's. */
void pier_os_info_read(const pier_msghdr *message, pier_datagram_info *info);

/* ---- address.c ---- */

/* The index of a zone's name, 0 if there is none; and the name of a zone's index, written into
   text (of PIER_OS_ZONE_MAX bytes) with its end, or an empty text if there is none. */
#define PIER_OS_ZONE_MAX 260 /* Windows' names have up to 256 bytes */
unsigned pier_os_zone_index(const char *name);
void pier_os_zone_name(unsigned zone, char *text);

/* ---- interface.c ---- */

/* What is called with each address of each interface: all but next is set, and what is not set is
   zeros; it is valid for the time of the call. A result below 0 ends the walk. */
typedef int pier_os_interface_taker(const pier_interface *found, void *context);

/* Walks over the IPv4 and IPv6 addresses of this machine's interfaces. The names are those of
   pier_os_zone_name; ports, flow labels and zones may be any. Allocates for its own time. Returns 0,
   or the taker's result below 0. */
int pier_os_interfaces(pier_os_interface_taker *take, void *context);

/* ---- resolve.c ---- */

/* The lookups. hints is complete, with no flags but RFC 3493's; host or service may be NULL, not
   both; with AI_NUMERICHOST, host is an address in the form of pier_address_parse_host, without a
   zone. The list is the system's allocation; pier_os_freeaddrinfo also frees the rest of one that is
   taken apart. May return PIER_WSANOTINITIALISED. */
int pier_os_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                        struct addrinfo **out);
void pier_os_freeaddrinfo(struct addrinfo *list);

/* One of host and service is NULL with a size of 0; the other's size fits a socklen_t. The address is
   a whole IPv4 or IPv6 one. */
int pier_os_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, size_t hostsize,
                        char *service, size_t servicesize, int flags);

/* ---- wait.c ---- */

/* Waits; events are as <pier/wait.h> says. timeout_ms is -1 or more. May return early with 0. fds
   may be NULL when count is 0. May allocate for its own time. */
int pier_os_poll(struct pollfd *fds, size_t count, int timeout_ms);

/* Waits; the sets, each of which may be NULL, are written only when the result is above 0. nfds is
   0 or more; PIER_EINVAL for more than a set holds, where a set has a limit. May return early with
   0. May allocate for its own time. */
int pier_os_select(int nfds, fd_set *readable, fd_set *writable, fd_set *exceptional,
                   int timeout_ms);

/* Empties a set, which is of this system's size or, on Windows, of any. */
void pier_os_fd_zero(fd_set *set);

/* Nanoseconds on a clock that only goes forward. */
int64_t pier_os_now_ns(void);

#define PIER_NS_PER_MS 1000000

/* What is left until a moment of that clock, rounded up, so that no wait ends early. */
static inline int pier_ms_until(int64_t deadline_ns)
{
  int64_t left = deadline_ns - pier_os_now_ns();
  return left <= 0 ? 0 : (int)((left + PIER_NS_PER_MS - 1) / PIER_NS_PER_MS);
}

#endif
