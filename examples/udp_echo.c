/* udp_echo: a server that sends each datagram back, and a client that expects that.

   Datagrams get lost: the client sends again, five times at most, two seconds apart. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

#include "listen.h"

enum { TRIES = 5, TRY_MS = 2000, DATAGRAM_MAX = 65536 };

static char data[DATAGRAM_MAX];

static int usage(FILE *to, int exit_code)
{
  fprintf(to, "usage: udp_echo server [PORT]\n       udp_echo client HOST PORT TEXT\n");
  return exit_code;
}

static int fail(const char *what, int error)
{
  fprintf(stderr, "udp_echo: %s: %s\n", what, pier_strerror(error));
  return 1;
}

/* A datagram that cannot be sent back is its sender's loss, and not the end of the server. */
static int run_server(int port)
{
  pier_socket_t s;
  int result = listen_on_port(SOCK_DGRAM, port, &s);
  if (result < 0) return fail("cannot listen", result);
  for (;;) {
    pier_address from = {.len = sizeof from.storage};
    pier_ssize_t size = pier_recvfrom(s, data, sizeof data, 0, &from.sa, &from.len);
    if (size < 0) return fail("receive", (int)size);
    size = pier_sendto(s, data, (size_t)size, 0, &from.sa, from.len);
    if (size < 0) fail("send", (int)size);
  }
}

/* Waits until the text comes back; other datagrams, and those that turn out damaged when they are
   read, are passed over. */
static int await_answer(pier_socket_t s, const char *text)
{
  for (;;) {
    int events = pier_wait(s, POLLIN, TRY_MS, NULL);
    if (events < 0) return events;
    pier_ssize_t size = pier_recv(s, data, sizeof data, 0);
    if (size < 0 && size != PIER_EAGAIN) return (int)size;
    if (size == (pier_ssize_t)strlen(text) && memcmp(data, text, strlen(text)) == 0) return 0;
  }
}

static int ask(pier_socket_t s, const char *text)
{
  int result = PIER_ETIMEDOUT;
  for (int i = 0; i < TRIES && result == PIER_ETIMEDOUT; i++) {
    pier_ssize_t sent = pier_send(s, text, strlen(text), 0);
    result = sent < 0 && sent != PIER_EAGAIN ? (int)sent : await_answer(s, text);
  }
  return result;
}

static int exchange(const struct addrinfo *server, const char *text)
{
  pier_socket_t s;
  int result = pier_socket(server->ai_family, SOCK_DGRAM | PIER_NONBLOCK, 0, &s);
  if (result < 0) return result;
  result = pier_connect(s, server->ai_addr, (socklen_t)server->ai_addrlen);
  if (result == 0) result = ask(s, text);
  pier_close(s);
  return result;
}

static int run_client(const char *host, const char *port, const char *text)
{
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list;
  int result = pier_getaddrinfo(host, port, &hints, &list);
  if (result < 0) return fail(host, result);
  for (struct addrinfo *each = list; each != NULL; each = each->ai_next) {
    result = exchange(each, text);
    if (result == 0) break;
  }
  pier_freeaddrinfo(list);
  if (result < 0) return fail(host, result);
  printf("%s\n", text);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout, 0);
  if (argc == 5 && strcmp(argv[1], "client") == 0) return run_client(argv[2], argv[3], argv[4]);
  int port = argc == 3 ? port_from_text(argv[2]) : 0;
  if (argc < 2 || argc > 3 || port < 0 || strcmp(argv[1], "server") != 0) return usage(stderr, 2);
  return run_server(port);
}
