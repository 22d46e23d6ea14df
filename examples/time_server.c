/* time_server: tells the time in UTC to everyone who connects, in the manner of RFC 867: one line,
   and the end of the stream. Whatever a client sends is thrown away. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "listen.h"
#include "stream.h"

enum { RETRY_MS = 1000, GOODBYE_MS = 1000, GOODBYE_READS = 16 };

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: time_server [PORT]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "time_server: %s: %s\n", what, pier_strerror(error));
  return 1;
}

static int send_time(pier_socket_t s)
{
  char line[32];
  time_t now = time(NULL);
  return send_all(s, line, strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ\r\n", gmtime(&now)));
}

/* Reads what the client still says before the socket is closed: closing a socket with unread data
   resets the connection, and a reset can overtake the line that the client has not read yet. A
   client that neither stops nor closes is not waited for. */
static void say_goodbye(pier_socket_t s)
{
  char data[4096];
  if (pier_shutdown(s, SHUT_WR) < 0) return;
  for (int i = 0; i < GOODBYE_READS; i++) {
    if (pier_wait(s, POLLIN, GOODBYE_MS, NULL) < 0) return;
    if (pier_recv(s, data, sizeof data, 0) <= 0) return;
  }
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
    result = send_time(client);
    if (result < 0) fail("client", result);
    if (result == 0) say_goodbye(client);
    pier_close(client);
  }
}
