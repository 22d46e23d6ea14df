/* toupper_server: answers each byte in upper case until the end of the stream, to one client after
   the other. As simple as a server can be; tcp_echo_server is the one for many clients at once. */
#include <pier/pier.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "listen.h"
#include "stream.h"

enum { RETRY_MS = 1000 };

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: toupper_server [PORT]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "toupper_server: %s: %s\n", what, pier_strerror(error));
  return 1;
}

static int serve_client(pier_socket_t s)
{
  char data[4096];
  pier_ssize_t count;
  while ((count = pier_recv(s, data, sizeof data, 0)) > 0) {
    for (pier_ssize_t i = 0; i < count; i++)
      data[i] = (char)toupper((unsigned char)data[i]);
    int result = send_all(s, data, (size_t)count);
    if (result < 0) return result;
  }
  return (int)count;
}

int main(int argc, char **argv)
{
  pier_socket_t listener, client;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  int port = argc == 2 ? port_from_text(argv[1]) : 0;
  if (argc > 2 || port < 0) return usage(stderr, 2);
  int result = listen_on_port(SOCK_STREAM, port, &listener);
  if (result < 0) return fail("cannot listen", result);
  for (;;) {
    result = pier_accept(listener, NULL, NULL, 0, &client);
    if (result < 0) {
      fail("accept", result);
      pier_poll(NULL, 0, RETRY_MS); /* Out of sockets, as a rule: others may give some back. */
      continue;
    }
    result = serve_client(client);
    if (result < 0) fail("client", result);
    pier_close(client);
  }
}
