/* stream.c: what the examples that speak over a stream have in common. */
#include "stream.h"

int connect_to_host(const char *host, const char *service, pier_socket_t *out)
{
  struct addrinfo *list;
  int result = pier_getaddrinfo(host, service, NULL, &list);
  if (result < 0) return result;
  for (struct addrinfo *each = list; each != NULL; each = each->ai_next) {
    result = pier_socket(each->ai_family, SOCK_STREAM, 0, out);
    if (result < 0) continue;
    result = pier_connect(*out, each->ai_addr, (socklen_t)each->ai_addrlen);
    if (result == 0) break;
    pier_close(*out);
  }
  pier_freeaddrinfo(list);
  return result;
}

int send_all(pier_socket_t s, const char *data, size_t size)
{
  while (size > 0) {
    pier_ssize_t count = pier_send(s, data, size, 0);
    if (count < 0) return (int)count;
    data += count;
    size -= (size_t)count;
  }
  return 0;
}
