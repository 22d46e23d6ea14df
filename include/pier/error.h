/* pier/error.h: one set of error codes on every system.
 *
 * Every function of pier that can fail returns a negative code on failure. A code is the negative
 * errno number of this system, so PIER_ECONNREFUSED == -ECONNREFUSED; Winsock's numbers are
 * translated. What has no errno number here is the negative Winsock number. Nothing is stored in
 * errno or in a global, and no native number is lost: pier_error_native gives it back.
 *
 *   -1 … -9999        errno numbers
 *   -10000 … -19999   Winsock numbers without an errno twin on this system
 *   -20000 … -29999   Win32 numbers without an errno twin, behind -20000
 *   -30000            PIER_EOF
 *   -30001 …          name lookup: PIER_EAI_…, the same numbers on every system
 *
 * Two pairs of codes that mean the same are folded into one: would block is always PIER_EAGAIN
 * (never EWOULDBLOCK), not supported is always PIER_ENOTSUP (PIER_EOPNOTSUPP is the same number).
 */
#ifndef PIER_ERROR_H
#define PIER_ERROR_H

#include <pier/system.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Numbers that some system's <errno.h> lacks; Winsock's stand in for them. */
#ifdef ESHUTDOWN
#define PIER_NUMBER_ESHUTDOWN ESHUTDOWN
#else
#define PIER_NUMBER_ESHUTDOWN 10058
#endif
#ifdef ESOCKTNOSUPPORT
#define PIER_NUMBER_ESOCKTNOSUPPORT ESOCKTNOSUPPORT
#else
#define PIER_NUMBER_ESOCKTNOSUPPORT 10044
#endif
#ifdef EPFNOSUPPORT
#define PIER_NUMBER_EPFNOSUPPORT EPFNOSUPPORT
#else
#define PIER_NUMBER_EPFNOSUPPORT 10046
#endif
#ifdef ETOOMANYREFS
#define PIER_NUMBER_ETOOMANYREFS ETOOMANYREFS
#else
#define PIER_NUMBER_ETOOMANYREFS 10059
#endif
#ifdef EHOSTDOWN
#define PIER_NUMBER_EHOSTDOWN EHOSTDOWN
#else
#define PIER_NUMBER_EHOSTDOWN 10064
#endif
#ifdef EPROCLIM
#define PIER_NUMBER_EPROCLIM EPROCLIM
#else
#define PIER_NUMBER_EPROCLIM 10067
#endif
#ifdef EUSERS
#define PIER_NUMBER_EUSERS EUSERS
#else
#define PIER_NUMBER_EUSERS 10068
#endif
#ifdef EDQUOT
#define PIER_NUMBER_EDQUOT EDQUOT
#else
#define PIER_NUMBER_EDQUOT 10069
#endif
#ifdef ESTALE
#define PIER_NUMBER_ESTALE ESTALE
#else
#define PIER_NUMBER_ESTALE 10070
#endif
#ifdef EREMOTE
#define PIER_NUMBER_EREMOTE EREMOTE
#else
#define PIER_NUMBER_EREMOTE 10071
#endif

/* The whole table: X(name, number, winsock, text). PIER_<name> is -number; winsock is the Winsock
   number that means the same, 0 if there is none. The rows of name lookup come last; where one
   shares its number with an earlier row, or has a Win32 number, that is name lookup's own meaning
   of it, and no other function's. */
#define PIER_ERRORS(X)                                                                             \
  X(EPERM, EPERM, 0, "operation not permitted")                                                    \
  X(ENOENT, ENOENT, 0, "no such file or entry")                                                    \
  X(EINTR, EINTR, 10004, "interrupted")                                                            \
  X(EIO, EIO, 0, "input or output error")                                                          \
  X(ENXIO, ENXIO, 0, "no such device or address")                                                  \
  X(E2BIG, E2BIG, 0, "argument list too long")                                                     \
  X(EBADF, EBADF, 10009, "bad descriptor")                                                         \
  X(EAGAIN, EAGAIN, 10035, "the operation would block")                                            \
  X(ENOMEM, ENOMEM, 0, "out of memory")                                                            \
  X(EACCES, EACCES, 10013, "permission denied")                                                    \
  X(EFAULT, EFAULT, 10014, "bad memory address")                                                   \
  X(EBUSY, EBUSY, 0, "device or resource busy")                                                    \
  X(EEXIST, EEXIST, 0, "already exists")                                                           \
  X(ENODEV, ENODEV, 0, "no such device")                                                           \
  X(ENOTDIR, ENOTDIR, 0, "not a directory")                                                        \
  X(EISDIR, EISDIR, 0, "is a directory")                                                           \
  X(EINVAL, EINVAL, 10022, "invalid argument")                                                     \
  X(ENFILE, ENFILE, 0, "too many open files in the system")                                        \
  X(EMFILE, EMFILE, 10024, "too many open files or sockets")                                       \
  X(ENOTTY, ENOTTY, 0, "inappropriate control operation")                                          \
  X(ENOSPC, ENOSPC, 0, "no space left")                                                            \
  X(EROFS, EROFS, 0, "read-only file system")                                                      \
  X(EPIPE, EPIPE, 0, "broken pipe: the connection is closed for sending")                          \
  X(EDOM, EDOM, 0, "argument out of domain")                                                       \
  X(ERANGE, ERANGE, 0, "result out of range")                                                      \
  X(ENAMETOOLONG, ENAMETOOLONG, 10063, "name too long")                                            \
  X(ENOSYS, ENOSYS, 0, "function not implemented")                                                 \
  X(ENOTEMPTY, ENOTEMPTY, 10066, "directory not empty")                                            \
  X(ELOOP, ELOOP, 10062, "too many symbolic links")                                                \
  X(EPROTO, EPROTO, 0, "protocol error")                                                           \
  X(EOVERFLOW, EOVERFLOW, 0, "value too large")                                                    \
  X(ECANCELED, ECANCELED, 10103, "operation canceled")                                             \
  X(ENOTSOCK, ENOTSOCK, 10038, "not a socket")                                                     \
  X(EDESTADDRREQ, EDESTADDRREQ, 10039, "destination address required")                             \
  X(EMSGSIZE, EMSGSIZE, 10040, "message too long")                                                 \
  X(EPROTOTYPE, EPROTOTYPE, 10041, "wrong protocol type for the socket")                           \
  X(ENOPROTOOPT, ENOPROTOOPT, 10042, "no such protocol option")                                    \
  X(EPROTONOSUPPORT, EPROTONOSUPPORT, 10043, "protocol not supported")                             \
  X(ESOCKTNOSUPPORT, PIER_NUMBER_ESOCKTNOSUPPORT, 10044, "socket type not supported")              \
  X(ENOTSUP, ENOTSUP, 10045, "not supported")                                                      \
  X(EPFNOSUPPORT, PIER_NUMBER_EPFNOSUPPORT, 10046, "protocol family not supported")                \
  X(EAFNOSUPPORT, EAFNOSUPPORT, 10047, "address family not supported")                             \
  X(EADDRINUSE, EADDRINUSE, 10048, "address already in use")                                       \
  X(EADDRNOTAVAIL, EADDRNOTAVAIL, 10049, "address not available")                                  \
  X(ENETDOWN, ENETDOWN, 10050, "network is down")                                                  \
  X(ENETUNREACH, ENETUNREACH, 10051, "network unreachable")                                        \
  X(ENETRESET, ENETRESET, 10052, "connection dropped by the network")                              \
  X(ECONNABORTED, ECONNABORTED, 10053, "connection aborted")                                       \
  X(ECONNRESET, ECONNRESET, 10054, "connection reset by peer")                                     \
  X(ENOBUFS, ENOBUFS, 10055, "no buffer space available")                                          \
  X(EISCONN, EISCONN, 10056, "already connected")                                                  \
  X(ENOTCONN, ENOTCONN, 10057, "not connected")                                                    \
  X(ESHUTDOWN, PIER_NUMBER_ESHUTDOWN, 10058, "socket is shut down")                                \
  X(ETOOMANYREFS, PIER_NUMBER_ETOOMANYREFS, 10059, "too many references")                          \
  X(ETIMEDOUT, ETIMEDOUT, 10060, "timed out")                                                      \
  X(ECONNREFUSED, ECONNREFUSED, 10061, "connection refused")                                       \
  X(EHOSTDOWN, PIER_NUMBER_EHOSTDOWN, 10064, "host is down")                                       \
  X(EHOSTUNREACH, EHOSTUNREACH, 10065, "host unreachable")                                         \
  X(EALREADY, EALREADY, 10037, "operation already in progress")                                    \
  X(EINPROGRESS, EINPROGRESS, 10036, "operation in progress")                                      \
  X(EPROCLIM, PIER_NUMBER_EPROCLIM, 10067, "too many processes")                                   \
  X(EUSERS, PIER_NUMBER_EUSERS, 10068, "too many users")                                           \
  X(EDQUOT, PIER_NUMBER_EDQUOT, 10069, "quota exceeded")                                           \
  X(ESTALE, PIER_NUMBER_ESTALE, 10070, "stale file handle")                                        \
  X(EREMOTE, PIER_NUMBER_EREMOTE, 10071, "object is remote")                                       \
  X(WSASYSNOTREADY, 10091, 10091, "the network subsystem is not ready")                            \
  X(WSAVERNOTSUPPORTED, 10092, 10092, "Winsock 2.2 is not available")                              \
  X(WSANOTINITIALISED, 10093, 10093, "Winsock is not started")                                     \
  X(WSAEDISCON, 10101, 10101, "the peer has disconnected gracefully")                              \
  X(WSAENOMORE, 10102, 10102, "no more results")                                                   \
  X(WSAEINVALIDPROCTABLE, 10104, 10104, "a network provider's procedure table is invalid")         \
  X(WSAEINVALIDPROVIDER, 10105, 10105, "a network provider is invalid")                            \
  X(WSAEPROVIDERFAILEDINIT, 10106, 10106, "a network provider failed to start")                    \
  X(WSASYSCALLFAILURE, 10107, 10107, "a system call failed")                                       \
  X(WSASERVICE_NOT_FOUND, 10108, 10108, "no such service")                                         \
  X(WSA_E_NO_MORE, 10110, 10110, "no more results")                                                \
  X(WSAEREFUSED, 10112, 10112, "database query refused")                                           \
  X(EOF, 30000, 0, "end of stream")                                                                \
  X(EAI_AGAIN, 30001, 11002, "name lookup failed for now: try again")                              \
  X(EAI_BADFLAGS, 30002, 10022, "bad flags or hints for a name lookup")                            \
  X(EAI_FAIL, 30003, 11003, "name lookup failed for good")                                         \
  X(EAI_FAMILY, 30004, 10047, "address family not supported by name lookup")                       \
  X(EAI_MEMORY, 30005, 8, "out of memory in a name lookup")                                        \
  X(EAI_NONAME, 30006, 11001, "no such host name, or none with such addresses")                    \
  X(EAI_SERVICE, 30007, 10109, "no such service for the socket type")                              \
  X(EAI_SOCKTYPE, 30008, 10044, "socket type not supported by name lookup")                        \
  X(EAI_OVERFLOW, 30009, 122, "a name is longer than its buffer")

/* The codes themselves: PIER_EPERM … PIER_EAI_OVERFLOW, all negative. */
#define PIER_ERROR_CODE(name, number, winsock, text) PIER_##name = -(number),
enum pier_error { PIER_ERRORS(PIER_ERROR_CODE) PIER_EOPNOTSUPP = PIER_ENOTSUP };
#undef PIER_ERROR_CODE

/* Describes an error code in English, without a full stop.
 *
 * error    a code that a function of pier returned.
 *
 * Returns the text, the same on every system; "success" for 0 and above, "unknown error" for a
 * code that is not in the table. Never NULL; it is static and needs no freeing.
 *
 * Threads  may be called from any thread, and from a signal handler.
 */
PIER_API const char *pier_strerror(int error);

/* Names an error code: "ECONNREFUSED", "EAI_NONAME", "EOF".
 *
 * error    a code that a function of pier returned.
 *
 * Returns the name without its PIER_ prefix; "OK" for 0 and above, "UNKNOWN" for a code that is
 * not in the table. Never NULL; it is static and needs no freeing.
 *
 * Threads  may be called from any thread, and from a signal handler.
 */
PIER_API const char *pier_error_name(int error);

/* Gives the system's own number of an error code: errno's, WSAGetLastError's or getaddrinfo's.
 *
 * error    a code that a function of pier returned.
 *
 * Returns the number that this system uses for the code, for its own tools and logs; 0 for a code
 * of 0 and above, for PIER_EOF, which no system knows, and for what is no code. For a code that this
 * system never produces, the number behind the minus sign.
 *
 * Systems  Where two native numbers were folded into one code, the usual one: EAGAIN,
 *          WSAEOPNOTSUPP, EAI_NONAME.
 */
PIER_API int pier_error_native(int error);

/* Translates an errno value, or on Windows a WSAGetLastError or GetLastError value, into a code:
 * for errors of native calls that are mixed in.
 *
 * native   the system's number, as the failed call left it.
 *
 * Returns the negative code; 0 for 0. A negative number is taken for a code and returned as it is;
 * one of 20000 or more, which no system has, is PIER_EIO.
 *
 * Systems  Windows: a CRT errno value is not what is meant here; PIER_E… are those, negated.
 */
PIER_API int pier_error_from_native(int native);

#ifdef __cplusplus
}
#endif

#endif
