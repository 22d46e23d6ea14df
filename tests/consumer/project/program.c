/* What a program that uses pier looks like: a client and a server on loopback, in one. */
#include <pier/pier.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what, int error)
{
  fprintf(stderr, "%s: %s\n", what, pier_strerror(error));
  return 1;
}

int main(void)
{
  if (strcmp(pier_version(), PIER_VERSION) != 0) {
    fprintf(stderr, "header %s, library %s\n", PIER_VERSION, pier_version());
    return 1;
  }

  pier_address address;
  pier_socket_t listener, client, server;
  int result = pier_address_loopback(AF_INET, 0, &address);
  if (result < 0)
    return fail("pier_address_loopback", result);
  result = pier_socket(AF_INET, SOCK_STREAM, 0, &listener);
  if (result < 0)
    return fail("pier_socket", result);
  result = pier_bind(listener, &address.sa, address.len);
  if (result < 0)
    return fail("pier_bind", result);
  result = pier_listen(listener, 1);
  if (result < 0)
    return fail("pier_listen", result);
  address.len = sizeof address.storage;
  result = pier_getsockname(listener, &address.sa, &address.len);
  if (result < 0)
    return fail("pier_getsockname", result);

  result = pier_socket(AF_INET, SOCK_STREAM, 0, &client);
  if (result < 0)
    return fail("pier_socket", result);
  result = pier_connect(client, &address.sa, address.len);
  if (result < 0)
    return fail("pier_connect", result);
  result = pier_accept(listener, NULL, NULL, 0, &server);
  if (result < 0)
    return fail("pier_accept", result);

  char data[8];
  pier_ssize_t count = pier_send(client, "pier", 4, 0);
  if (count < 0)
    return fail("pier_send", (int)count);
  count = pier_recv(server, data, sizeof data, MSG_WAITALL | MSG_PEEK);
  if (count != PIER_EINVAL)
    return fail("pier_recv", (int)count);
  count = pier_recv(server, data, sizeof data, 0);
  if (count < 0)
    return fail("pier_recv", (int)count);

  pier_close(server);
  pier_close(client);
  pier_close(listener);
  printf("received %.*s\n", (int)count, data);
  return 0;
}
