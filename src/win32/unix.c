#include "unix.h"

#include "../internal.h"
#include "check.h"

#include <string.h>

#ifndef SIO_AF_UNIX_GETPEERPID
#define SIO_AF_UNIX_GETPEERPID _WSAIOR(IOC_VENDOR, 256) /* Windows SDK 17134's <afunix.h> */
#endif

/* Room for every sun_path in UTF-16, which never needs more units than UTF-8 has bytes. */
#define WIDE_PATH_MAX (sizeof((struct sockaddr_un *)0)->sun_path + 1)

/* The path, with its end; false for a name that is none, or no UTF-8. */
static bool get_wide_path(const struct sockaddr *addr, socklen_t len, wchar_t *wide)
{
  const char *path;
  size_t size = pier_unix_path((const struct sockaddr_un *)(const void *)addr, len, &path);
  if (size == 0 || path[0] == '\0')
    return false;
  int count = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, (int)size, wide,
                                  (int)WIDE_PATH_MAX - 1);
  wide[count > 0 ? count : 0] = L'\0';
  return count > 0;
}

/* Does not follow the file to where it points, and so takes a socket's, which cannot be opened. */
static bool is_missing(const wchar_t *path)
{
  if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
    return false;
  DWORD native = GetLastError();
  return native == ERROR_FILE_NOT_FOUND || native == ERROR_PATH_NOT_FOUND;
}

int pier_win32_unix_connect_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len,
                                  int error)
{
  wchar_t path[WIDE_PATH_MAX];
  if ((error != PIER_ECONNREFUSED && error != PIER_EINVAL) || pier_os_family(s) != AF_UNIX ||
      !get_wide_path(addr, len, path))
    return error;
  return is_missing(path) ? PIER_ENOENT : PIER_ECONNREFUSED;
}

int pier_win32_unix_bind_error(pier_socket_t s, const struct sockaddr *addr, socklen_t len,
                               int error)
{
  wchar_t path[WIDE_PATH_MAX];
  if (error == PIER_EADDRINUSE || pier_os_family(s) != AF_UNIX || !get_wide_path(addr, len, path))
    return error;
  wchar_t *end = path;
  for (wchar_t *at = path; *at; at++)
    if (*at == L'/' || *at == L'\\')
      end = at;
  if (end == path)
    return error;
  *end = L'\0'; /* the folder alone */
  return is_missing(path) ? PIER_ENOENT : error;
}

/* Windows knows the process; users are not numbers there. */
int pier_os_peer_credentials(pier_socket_t s, pier_credentials *out)
{
  ULONG pid = 0;
  DWORD written;
  int result = pier_win32_check(
    WSAIoctl(s, SIO_AF_UNIX_GETPEERPID, NULL, 0, &pid, sizeof pid, &written, NULL, NULL));
  if (result == 0)
    out->pid = pid;
  return result;
}
