/* listen.c: what the servers among the examples begin with. */
#include "listen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int port_from_text(const char *text)
{
  size_t digits = strspn(text, "0123456789");
  long port = strtol(text, NULL, 10);
  return digits > 0 && text[digits] == '\0' && port <= 65535 ? (int)port : -1;
}

static int prepare(pier_socket_t s, int family, int type, int port)
{
  pier_address address;
  int result = pier_set_option(s, PIER_OPT_BIND, PIER_BIND_EXCLUSIVE);
  if (result == 0 && family == AF_INET6) result = pier_set_option(s, PIER_OPT_V6ONLY, 0);
  if (result == 0) result = pier_address_any(family, port, &address);
  if (result == 0) result = pier_bind(s, &address.sa, address.len);
  if (result == 0 && type == SOCK_STREAM) result = pier_listen(s, 0);
  return result;
}

static int open_family(int family, int type, int port, pier_socket_t *out)
{
  int result = pier_socket(family, type, 0, out);
  if (result < 0) return result;
  result = prepare(*out, family, type & ~PIER_NONBLOCK, port);
  if (result < 0) {
    pier_close(*out);
    *out = PIER_INVALID_SOCKET;
  }
  return result;
}

static int print_address(pier_socket_t s)
{
  char text[PIER_ADDRESS_TEXT_MAX];
  pier_address address = {.len = sizeof address.storage};
  int result = pier_getsockname(s, &address.sa, &address.len);
  if (result == 0) result = pier_address_format(&address.sa, address.len, text, sizeof text);
  if (result < 0) return result;
  printf("listening on %s\n", text);
  fflush(stdout); /* else it stays in a buffer when the output is a pipe or a file. */
  return 0;
}

int listen_on_port(int type, int port, pier_socket_t *out)
{
  int result = open_family(AF_INET6, type, port, out);
  if (result == PIER_EAFNOSUPPORT || result == PIER_EADDRNOTAVAIL) {
    result = open_family(AF_INET, type, port, out);
  }
  return result < 0 ? result : print_address(*out);
}
