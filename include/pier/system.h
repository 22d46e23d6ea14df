/* pier/system.h: the system's own socket headers, in the one order that works.
 *
 * This is the only public header that asks which system it is on. It includes what a socket
 * program needs of the system (types, constants, struct sockaddr and its kin, struct pollfd,
 * struct addrinfo), and then adds the types and constants that this system lacks, so that a
 * program can use Berkeley's names for them everywhere.
 *
 * Include it, or <pier/pier.h>, before any other header. On Windows it must come before
 * <windows.h>, unless WIN32_LEAN_AND_MEAN is defined; a _WIN32_WINNT or FD_SETSIZE defined
 * before it is kept.
 */
#ifndef PIER_SYSTEM_H
#define PIER_SYSTEM_H

#ifdef _WIN32

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN /* else <windows.h> brings in Winsock 1, which redefines Winsock 2. */
#endif
#if defined(__cplusplus) && !defined(NOMINMAX)
#define NOMINMAX /* else <windows.h> breaks std::min and std::max. */
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00 /* Windows 10 */
#endif
#ifndef FD_SETSIZE
#define FD_SETSIZE 1024 /* Winsock's own is 64; 1024 is what the other systems have. */
#endif

#include <winsock2.h>
#include <ws2tcpip.h>

#ifdef __has_include
#if __has_include(<afunix.h>)
#include <afunix.h> /* Windows SDK 17134 and later, MinGW-w64 */
#define PIER_HAS_AFUNIX_H
#endif
#endif
#ifndef PIER_HAS_AFUNIX_H
struct sockaddr_un {
  ADDRESS_FAMILY sun_family;
  char sun_path[108];
};
#endif

#else

#if defined(__STRICT_ANSI__) && !defined(_POSIX_C_SOURCE) && !defined(_XOPEN_SOURCE) &&            \
  !defined(_GNU_SOURCE) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* else glibc and musl hide struct addrinfo under -std=c99. */
#endif

#include <sys/types.h>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* PIER_API marks what a shared library exports. PIER_SHARED is defined for those who build or use
   the shared library, PIER_BUILD for those who build it; the CMake target and the pkg-config file
   see to both. */
#if defined(_WIN32) && defined(PIER_SHARED) && defined(PIER_BUILD)
#define PIER_API __declspec(dllexport)
#elif defined(_WIN32) && defined(PIER_SHARED)
#define PIER_API __declspec(dllimport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define PIER_API __attribute__((visibility("default")))
#else
#define PIER_API
#endif

/* Lets C99 and pedantic compilers take the unnamed union of pier_address. */
#ifdef __GNUC__
#define PIER_EXTENSION __extension__
#else
#define PIER_EXTENSION
#endif

#ifdef _WIN32

/* The operating system's socket itself. */
typedef SOCKET pier_socket_t;
#define PIER_INVALID_SOCKET INVALID_SOCKET

/* A byte count, or a negative error code. */
typedef ptrdiff_t pier_ssize_t;

/* One piece of memory to send from or to receive into: struct iovec by its field names, WSABUF by
   its layout. The length is a size_t, which fills the four bytes of padding that WSABUF has on a
   64-bit system, so that nothing is truncated before pier has checked it. */
typedef struct pier_iovec {
  size_t iov_len;
  void *iov_base;
} pier_iovec;

#ifndef SHUT_RD
#define SHUT_RD SD_RECEIVE
#define SHUT_WR SD_SEND
#define SHUT_RDWR SD_BOTH
#endif

#ifndef MSG_TRUNC
#define MSG_TRUNC 0x0100 /* spelled as <mswsock.h> does, which some toolchains need for it. */
#endif
#ifndef MSG_CTRUNC
#define MSG_CTRUNC 0x0200
#endif
#define MSG_DONTWAIT 0x01000000 /* pier's own bit: Winsock has no such flag and never sees it. */
#define MSG_NOSIGNAL 0          /* nothing raises SIGPIPE. */
#define MSG_EOR 0               /* no protocol of Winsock's marks the end of a record. */

#else

typedef int pier_socket_t;
#define PIER_INVALID_SOCKET (-1)

typedef ssize_t pier_ssize_t;

typedef struct iovec pier_iovec;

/* OpenBSD lacks these, and refuses a lookup by name that asks for them. */
#ifndef AI_V4MAPPED
#define AI_V4MAPPED 0x10000000
#endif
#ifndef AI_ALL
#define AI_ALL 0x20000000
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* older macOS: pier sets SO_NOSIGPIPE on each socket instead. */
#endif

#endif

/* The most pieces that pier_sendv, pier_recvv, pier_sendmsg and pier_recvmsg take. */
#define PIER_IOV_MAX 1024

#endif
