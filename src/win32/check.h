/* src/win32/check.h: the one place where a failed Winsock call becomes an error code. */
#ifndef PIER_WIN32_CHECK_H
#define PIER_WIN32_CHECK_H

#include "../os.h"

/* The code of the call that has just failed; also of a Win32 call, whose GetLastError is the same. */
static inline int pier_win32_error(void)
{
  return pier_os_error_from_native(WSAGetLastError());
}

/* The same for a call on a socket: while Winsock is not started there is none. WSAEINTR is no
   signal's: another thread has closed the socket, and the call must not be made again. */
static inline int pier_win32_socket_error(void)
{
  int error = pier_win32_error();
  if (error == PIER_EINTR)
    return PIER_ECANCELED;
  return error == PIER_WSANOTINITIALISED ? PIER_ENOTSOCK : error;
}

static inline int pier_win32_check(int result)
{
  return result == SOCKET_ERROR ? pier_win32_socket_error() : result;
}

/* Cuts an address to the room that the caller has, and tells its whole length, as POSIX does;
   Winsock fails instead. */
void pier_win32_give_address(const struct sockaddr_storage *from, int from_len,
                             struct sockaddr *addr, socklen_t *len);

#endif
