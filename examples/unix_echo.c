/* unix_echo: an echo server at a path of the file system, and its client. On a system without
   AF_UNIX it says so, with the exit code 77. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

#include "stream.h"

enum { SKIP = 77, PIECE = 1024 };

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: unix_echo server PATH\n       unix_echo client PATH TEXT\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "unix_echo: %s: %s\n", what, pier_strerror(error));
  return 1;
}

static int serve_client(pier_socket_t s)
{
  char data[4096];
  pier_ssize_t count;
  int result = 0;
  while (result == 0 && (count = pier_recv(s, data, sizeof data, 0)) != 0) {
    result = count < 0 ? (int)count : send_all(s, data, (size_t)count);
  }
  return result;
}

/* The socket file outlives the server: remove it before the next start. */
static int run_server(pier_socket_t s, const pier_address *address, const char *path)
{
  int result = pier_bind(s, &address->sa, address->len);
  if (result == 0) result = pier_listen(s, 0);
  if (result < 0) return fail(path, result);
  printf("listening on unix:%s\n", path);
  fflush(stdout);
  for (;;) {
    pier_socket_t client;
    if ((result = pier_accept(s, NULL, NULL, 0, &client)) < 0) return fail("accept", result);
    if ((result = serve_client(client)) < 0) fail("client", result);
    pier_close(client);
  }
}

/* Sends a small piece and waits for it to come back, so that neither side's buffer ever fills. */
static int exchange(pier_socket_t s, const char *text)
{
  char data[PIECE];
  while (*text != '\0') {
    size_t size = strlen(text) < PIECE ? strlen(text) : PIECE;
    int result = send_all(s, text, size);
    if (result < 0) return result;
    for (size_t got = 0; got < size;) {
      pier_ssize_t count = pier_recv(s, data + got, size - got, 0);
      if (count <= 0) return count == 0 ? PIER_EOF : (int)count;
      got += (size_t)count;
    }
    if (memcmp(data, text, size) != 0) return PIER_EPROTO;
    text += size;
  }
  return pier_shutdown(s, SHUT_WR);
}

static int run_client(pier_socket_t s, const pier_address *address, const char *text)
{
  char end;
  int result = pier_connect(s, &address->sa, address->len);
  if (result == 0) result = exchange(s, text);
  if (result == 0) result = (int)pier_recv(s, &end, 1, 0);
  if (result != 0) return fail("client", result > 0 ? PIER_EPROTO : result);
  printf("%s\n", text);
  return 0;
}

int main(int argc, char **argv)
{
  pier_address address;
  pier_socket_t s;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  bool server = argc == 3 && strcmp(argv[1], "server") == 0;
  if (!server && (argc != 4 || strcmp(argv[1], "client") != 0)) return usage(stderr, 2);
  int result = pier_address_unix(argv[2], &address);
  if (result < 0) return fail(argv[2], result);
  result = pier_socket(AF_UNIX, SOCK_STREAM, 0, &s);
  if (result == PIER_EAFNOSUPPORT) {
    fail("this system has no AF_UNIX", result);
    return SKIP;
  }
  if (result < 0) return fail("socket", result);
  result = server ? run_server(s, &address, argv[2]) : run_client(s, &address, argv[3]);
  pier_close(s);
  return result;
}
