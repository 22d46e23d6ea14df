/* console_win32.c: console.h where the console is no socket. A thread copies standard input into
   one end of a loopback connection; the other end is what the program waits for. */
#include "console.h"

#include <process.h>
#include <stdio.h>
#include <windows.h>

#include "stream.h"

static pier_socket_t thread_end = PIER_INVALID_SOCKET;

static unsigned __stdcall copy_input(void *unused)
{
  HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
  char data[16384];
  DWORD size, error = 0;
  (void)unused;
  for (;;) {
    if (!ReadFile(input, data, sizeof data, &size, NULL)) error = GetLastError();
    if (error != 0 || size == 0) break;
    if (send_all(thread_end, data, size) < 0) return 1;
  }
  /* A pipe whose writer is gone is an error to ReadFile, and the end of the input to us. */
  if (error == 0 || error == ERROR_BROKEN_PIPE) return pier_shutdown(thread_end, SHUT_WR) < 0;
  fprintf(stderr, "standard input: %s\n", pier_strerror(pier_error_from_native((int)error)));
  pier_abort(thread_end); /* The program reads a reset, not an end. */
  return 1;
}

/* Any process of this machine can connect to a loopback port: only our own end is let in. */
static int accept_own(pier_socket_t listener, pier_socket_t *out)
{
  pier_address own = {.len = sizeof own.storage};
  int result = pier_getsockname(thread_end, &own.sa, &own.len);
  while (result == 0) {
    pier_address peer = {.len = sizeof peer.storage};
    result = pier_accept(listener, &peer.sa, &peer.len, 0, out);
    if (result == 0 && pier_address_equal(&peer, &own)) return 0;
    if (result == 0) pier_close(*out);
  }
  return result;
}

static int connect_pair(pier_socket_t *out)
{
  pier_address address;
  pier_socket_t listener;
  int result = pier_socket(AF_INET, SOCK_STREAM, 0, &listener);
  if (result < 0) return result;
  pier_address_loopback(AF_INET, 0, &address);
  if ((result = pier_set_option(listener, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE)) == 0 &&
      (result = pier_bind(listener, &address.sa, address.len)) == 0 &&
      (result = pier_listen(listener, 0)) == 0 &&
      (result = pier_getsockname(listener, &address.sa, &address.len)) == 0 &&
      (result = pier_socket(AF_INET, SOCK_STREAM, 0, &thread_end)) == 0 &&
      (result = pier_set_option(thread_end, PIER_OPT_NODELAY, 1)) == 0 &&
      (result = pier_connect(thread_end, &address.sa, address.len)) == 0) {
    result = accept_own(listener, out);
  }
  pier_close(listener);
  return result;
}

int console_open(pier_socket_t *input)
{
  uintptr_t thread;
  int result = connect_pair(input);
  if (result < 0) return result;
  thread = _beginthreadex(NULL, 0, copy_input, NULL, 0, NULL);
  if (thread == 0) return PIER_EAGAIN;
  CloseHandle((HANDLE)thread);
  return 0;
}

pier_ssize_t console_read(pier_socket_t input, void *data, size_t size)
{
  return pier_recv(input, data, size, 0);
}

int console_write_all(const void *data, size_t size)
{
  const char *next = data;
  while (size > 0) {
    DWORD count, part = size < 65536 ? (DWORD)size : 65536;
    if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), next, part, &count, NULL)) {
      return pier_error_from_native((int)GetLastError());
    }
    next += count;
    size -= count;
  }
  return 0;
}
