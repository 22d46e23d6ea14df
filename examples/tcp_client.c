/* tcp_client: the console on one side, a TCP server on the other, and both directions at once.

   The end of the console's input ends our sending; the end of what the server sends ends the
   program. The socket does not block, else each side could wait for the other to read. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

#include "console.h"
#include "stream.h"

typedef struct {
  pier_socket_t console, server;
  bool console_ended;
  char data[16384]; /* read from the console; begin … end is still to be sent. */
  size_t begin, end;
} relay;

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: tcp_client HOST PORT\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "tcp_client: %s: %s\n", what, pier_strerror(error));
  return 1;
}

/* The three steps return 1 to go on, 0 at the end, or an error code. */
static int receive(relay *r)
{
  char data[16384];
  pier_ssize_t count = pier_recv(r->server, data, sizeof data, 0);
  if (count == PIER_EAGAIN) return 1;
  if (count <= 0) return (int)count;
  int result = console_write_all(data, (size_t)count);
  return result < 0 ? result : 1;
}

static int read_console(relay *r)
{
  pier_ssize_t count = console_read(r->console, r->data, sizeof r->data);
  if (count == PIER_EAGAIN) return 1;
  if (count < 0) return (int)count;
  r->begin = 0;
  r->end = (size_t)count;
  if (count > 0) return 1;
  r->console_ended = true;
  int result = pier_shutdown(r->server, SHUT_WR);
  return result < 0 ? result : 1;
}

static int send_some(relay *r)
{
  pier_ssize_t count = pier_send(r->server, r->data + r->begin, r->end - r->begin, 0);
  if (count > 0) r->begin += (size_t)count;
  return count < 0 && count != PIER_EAGAIN ? (int)count : 1;
}

static int run(relay *r)
{
  int result = 1;
  while (result > 0) {
    bool sending = r->begin < r->end;
    struct pollfd fds[2] = {{.fd = r->console, .events = POLLIN}, {.fd = r->server}};
    if (sending || r->console_ended) fds[0].fd = PIER_INVALID_SOCKET;
    fds[1].events = sending ? POLLIN | POLLOUT : POLLIN;
    result = pier_poll(fds, 2, PIER_FOREVER);
    if (result > 0 && (fds[1].revents & ~POLLOUT) != 0) result = receive(r);
    if (result > 0 && (fds[1].revents & POLLOUT) != 0) result = send_some(r);
    if (result > 0 && fds[0].revents != 0) result = read_console(r);
  }
  return result;
}

int main(int argc, char **argv)
{
  static relay r;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  if (argc != 3) return usage(stderr, 2);
  int result = console_open(&r.console);
  if (result < 0) return fail("console", result);
  if ((result = connect_to_host(argv[1], argv[2], &r.server)) < 0) return fail(argv[1], result);
  if ((result = pier_set_nonblocking(r.server, true)) == 0) result = run(&r);
  pier_close(r.server);
  return result < 0 ? fail(argv[1], result) : 0;
}
