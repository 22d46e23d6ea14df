/* tcp_echo_server: sends back what it is sent, to many clients at once, over IPv4 and IPv6.
   Nothing more is read from a client until what was read has been sent back: one that does not read
   is not read from, and costs no memory. An error ends the client that it belongs to, no other. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

#include "listen.h"

enum { MAX_CLIENTS = 2000, RETRY_MS = 1000 };
typedef struct {
  char data[4096];
  size_t begin, end; /* what was read and is still to be sent back */
} client;

static client clients[MAX_CLIENTS];
static size_t client_count;
static struct pollfd fds[MAX_CLIENTS + 1]; /* those of the clients, then the listener's */

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: tcp_echo_server [PORT]\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "tcp_echo_server: %s: %s\n", what, pier_strerror(error));
  return 1;
}

/* Reads if there is nothing to send back, and sends what there is. Returns 1 to go on, 0 at the end
   of the stream, or an error code. */
static int echo(client *c, struct pollfd *fd)
{
  if (c->begin == c->end) {
    pier_ssize_t count = pier_recv(fd->fd, c->data, sizeof c->data, 0);
    if (count <= 0) return count == PIER_EAGAIN ? 1 : (int)count;
    c->begin = 0;
    c->end = (size_t)count;
  }
  pier_ssize_t sent = pier_send(fd->fd, c->data + c->begin, c->end - c->begin, 0);
  if (sent < 0 && sent != PIER_EAGAIN) return (int)sent;
  if (sent > 0) c->begin += (size_t)sent;
  fd->events = c->begin == c->end ? POLLIN : POLLOUT;
  return 1;
}

/* The last client moves into the place of the one that leaves. */
static void remove_client(size_t i)
{
  pier_close(fds[i].fd);
  client_count--;
  clients[i] = clients[client_count];
  fds[i] = fds[client_count];
}

static int accept_client(pier_socket_t listener)
{
  int result = pier_accept(listener, NULL, NULL, PIER_NONBLOCK, &fds[client_count].fd);
  if (result < 0) return result;
  clients[client_count++] = (client){.begin = 0, .end = 0};
  return 0;
}

/* While no client can be taken the listener is not watched, for it would be ready all the time. */
static int serve(pier_socket_t listener)
{
  bool accepting = true;
  for (;;) {
    bool watching = accepting && client_count < MAX_CLIENTS;
    fds[client_count].fd = watching ? listener : PIER_INVALID_SOCKET;
    fds[client_count].events = POLLIN; /* which the next client takes over. */
    int result = pier_poll(fds, client_count + 1, accepting ? PIER_FOREVER : RETRY_MS);
    if (result < 0) return result;
    accepting = accepting || result == 0;
    bool arrived = fds[client_count].revents != 0;
    for (size_t i = client_count; i-- > 0;) {
      if (fds[i].revents == 0 || echo(&clients[i], &fds[i]) > 0) continue;
      remove_client(i);
      accepting = true;
    }
    if (arrived && (result = accept_client(listener)) < 0 && result != PIER_EAGAIN) {
      fail("no more clients for now", result);
      accepting = false;
    }
  }
}

int main(int argc, char **argv)
{
  pier_socket_t listener;
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  int port = argc == 2 ? port_from_text(argv[1]) : 0;
  if (argc > 2 || port < 0) return usage(stderr, 2);
  int result = listen_on_port(SOCK_STREAM | PIER_NONBLOCK, port, &listener);
  return fail("listener", result < 0 ? result : serve(listener));
}
